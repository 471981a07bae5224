import type { Column } from '@kohakuvault/columns';
import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DType, parseDType } from '@kohakuvault/packer';
import type { ColumnMatches } from '../api/types.ts';
import { CELL, nodeOf } from '../values/value-node.ts';
import { kindOf } from './column-list.ts';

/** A search of texts stops after so many milliseconds, and says where the next one goes on. */
const PATIENCE = 150;

interface Wanted {
  readonly query: string;
  readonly start: number;
  readonly limit: number;
}

/** Returns the rows that have a text, or a number in a range. */
export function searchColumn(column: Column<DType>, wanted: Wanted): ColumnMatches {
  const kind = kindOf(parseDType(column.dtype));
  if (kind === 'number') return numbers(column, wanted);
  if (kind === 'text' || kind === 'document') return texts(column, wanted);
  throw new InvalidArgument(
    `the column ${JSON.stringify(column.name)} has elements of ${column.dtype}; texts, documents and numbers are searched`,
  );
}

function numbers(column: Column<DType>, { query, start, limit }: Wanted): ColumnMatches {
  const range = rangeOf(query);
  const matches: ColumnMatches['matches'] = [];
  for (let at = start; at < column.length; ) {
    const row = column.findIndex(range, { start: at });
    if (row < 0) break;
    if (matches.length === limit) return { matches, next: row };
    const [element] = column.slice(row, row + 1) as Iterable<unknown> & ArrayLike<unknown>;
    matches.push({ row, cell: nodeOf(element, CELL) });
    at = row + 1;
  }
  return { matches, next: null };
}

/** Reads `5`, `0.5..1`, `>3` or `<=2`. */
function rangeOf(query: string): { gt?: number; gte?: number; lt?: number; lte?: number } {
  const text = query.trim();
  const [first, last] = text.split('..');
  if (last !== undefined) return { gte: numberOf(first ?? '', query), lte: numberOf(last, query) };
  const [, order, number] = /^(<=|>=|<|>)\s*(.*)$/.exec(text) ?? [];
  if (order !== undefined && number !== undefined) {
    const name = ({ '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' } as const)[order as '<'];
    return { [name]: numberOf(number, query) };
  }
  const value = numberOf(text, query);
  return { gte: value, lte: value };
}

function numberOf(text: string, query: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgument(`query is ${describe(query)}; expected a number, or a range such as 0.5..1 or >3`);
}

function texts(column: Column<DType>, { query, start, limit }: Wanted): ColumnMatches {
  const wanted = query.toLowerCase();
  const until = performance.now() + PATIENCE;
  const matches: ColumnMatches['matches'] = [];
  let row = start;
  for (const batch of column.batches({ start })) {
    for (const element of batch as Iterable<unknown>) {
      if (textOfElement(element).toLowerCase().includes(wanted)) {
        if (matches.length === limit) return { matches, next: row };
        matches.push({ row, cell: nodeOf(element, CELL) });
      }
      row++;
    }
    if (performance.now() > until) return { matches, next: row < column.length ? row : null };
  }
  return { matches, next: null };
}

function textOfElement(element: unknown): string {
  if (typeof element === 'string') return element;
  return JSON.stringify(element, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
}
