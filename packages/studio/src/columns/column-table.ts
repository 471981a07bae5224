import type { Column } from '@kohakuvault/columns';
import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import type { DType } from '@kohakuvault/packer';
import type { Params } from '../api/params.ts';
import type { ColumnElement, ColumnMatches, ColumnTable, ValueNode } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { codeOfElement } from '../values/code-samples.ts';
import { typedJson } from '../values/typed-json.ts';
import { CELL, nodeOf, WHOLE } from '../values/value-node.ts';
import { columnOf, isKnownToPython } from './column-list.ts';
import { searchColumn } from './column-search.ts';

const MOST_COLUMNS = 64;
const MOST_ROWS = 1_000;
/** The bytes of elements that are decoded at a time, and for each column of a page. */
const BATCH_BYTES = 1024 * 1024;
/** A longer element is not edited. */
const MOST_EDITED = 100_000;
const PAGE_BYTES = 16 * BATCH_BYTES;

/** Returns a range of rows of several columns side by side. */
export function columnTable(file: VaultFile, params: Params): ColumnTable {
  const names = params.texts('name');
  if (names.length === 0 || names.length > MOST_COLUMNS) {
    throw new InvalidArgument(
      `${names.length} columns are named; give name=… once for each column, 1 to ${MOST_COLUMNS}`,
    );
  }
  const start = params.whole('start', { least: 0 }) ?? 0;
  const count = params.whole('count', { least: 1, most: MOST_ROWS }) ?? 100;
  return file.consistently(() => {
    const columns = names.map((name) => columnOf(file, name));
    const length = Math.max(...columns.map((column) => column.length));
    const height = Math.max(0, Math.min(count, length - start));
    const cells = columns.map((column) => cellsOf(column, start, Math.min(start + height, column.length)));
    // Long elements make a page shorter: by the column that has fewest of those that it could have.
    const short = cells.filter((own, nth) => own.length < Math.min(height, (columns[nth]?.length ?? 0) - start));
    const shown = Math.min(height, ...short.map((own) => own.length));
    const rows = Array.from({ length: shown }, (_, nth): (ValueNode | null)[] => cells.map((own) => own[nth] ?? null));
    return {
      columns: columns.map((column) => ({ name: column.name, dtype: column.dtype, length: column.length })),
      start,
      rows,
      length,
      version: file.version(),
    };
  });
}

/** Returns the cells of a range; fewer, but at least one, if the elements are long. */
function cellsOf(column: Column<DType>, start: number, end: number): ValueNode[] {
  const cells: ValueNode[] = [];
  let bytes = 0;
  if (start >= end) return cells;
  for (const batch of column.batches({ start, end, bytes: BATCH_BYTES })) {
    for (const element of batch as Iterable<unknown>) cells.push(nodeOf(element, CELL));
    bytes += BATCH_BYTES;
    if (bytes >= PAGE_BYTES) break;
  }
  return cells;
}

/** Returns one element as a whole. */
export function columnElement(file: VaultFile, params: Params): ColumnElement {
  const name = params.text('name');
  const row = params.neededWhole('row', 0);
  return file.consistently(() => {
    const column = columnOf(file, name);
    if (row >= column.length) {
      throw new NotFound(`the column ${JSON.stringify(name)} has ${column.length} rows, and no row ${row}`);
    }
    const [element] = column.slice(row, row + 1) as ArrayLike<unknown> & Iterable<unknown>;
    const limits = { ...WHOLE, children: 1_000, characters: 1_000_000, bytes: 65_536, numbers: 65_536, nodes: 20_000 };
    return {
      name,
      row,
      node: nodeOf(element, limits),
      json: typedJson(element, MOST_EDITED) ?? null,
      code: codeOfElement(file.path, name, row, isKnownToPython(file, name)),
    };
  });
}

/** Finds rows by what they contain. */
export function columnMatches(file: VaultFile, params: Params): ColumnMatches {
  const name = params.text('name');
  const query = params.text('query');
  const start = params.whole('start', { least: 0 }) ?? 0;
  const limit = params.whole('limit', { least: 1, most: 1_000 }) ?? 50;
  return file.consistently(() => searchColumn(columnOf(file, name), { query, start, limit }));
}
