import type { SqlCell, SqlResult } from '../../src/api/types.ts';
import { count } from '../lib/format.ts';
import { DataGrid } from '../ui/data-grid.tsx';
import { EmptyState } from '../ui/message.tsx';

/** Of the text of a cell, in letters: a column is as wide as its longest of the first rows. */
const NARROWEST = 6;
const WIDEST = 44;
const LETTER = 0.53;
const PADDING = 2.25;
const LOOKED_AT = 100;

export function ResultGrid({ result }: { result: SqlResult }) {
  const { columns, rows } = result;
  if (columns.length === 0) return <EmptyState title="The query returns no columns" />;
  if (rows.length === 0) return <EmptyState title="No row matches" />;
  const shape = columns.map(({ name, type }, place) => {
    const longest = Math.max(name.length, ...rows.slice(0, LOOKED_AT).map((row) => textOf(row[place] ?? null).length));
    return {
      name,
      about: type ?? undefined,
      width: Math.min(WIDEST, Math.max(NARROWEST, longest)) * LETTER + PADDING,
      isNumber: rows.some((row) => isNumber(row[place] ?? null)),
    };
  });
  const cell = (row: number, place: number) => {
    const value = rows[row]?.[place] ?? null;
    const text = textOf(value);
    return (
      <span class={classOf(value)} title={text}>
        {text}
      </span>
    );
  };
  return <DataGrid label="Result" columns={shape} count={rows.length} firstRow={1} cell={cell} />;
}

function textOf(cell: SqlCell): string {
  if (cell === null) return 'NULL';
  if (typeof cell !== 'object') return String(cell);
  switch (cell.t) {
    case 'blob':
      return `${count(cell.length)} bytes ${cell.hex}`;
    case 'text':
      return `${cell.v}…`;
    default:
      return String(cell.v);
  }
}

function isNumber(cell: SqlCell): boolean {
  return typeof cell === 'object' ? cell?.t === 'integer' || cell?.t === 'real' : typeof cell === 'number';
}

function classOf(cell: SqlCell): string {
  if (cell === null) return 'kind-none';
  if (isNumber(cell)) return 'kind-number';
  return typeof cell === 'object' && cell.t === 'blob' ? 'kind-bytes' : '';
}
