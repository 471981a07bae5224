import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import type { Params } from '../api/params.ts';
import type { ColumnElement, ColumnMatches, ColumnTable, ValueNode } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { codeOfElement } from '../values/code-samples.ts';
import { CELL, nodeOf, WHOLE } from '../values/value-node.ts';
import { columnOf, isKnownToPython } from './column-list.ts';
import { searchColumn } from './column-search.ts';

const MOST_COLUMNS = 64;
const MOST_ROWS = 1_000;

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
    const cells = columns.map((column) => {
      const block = column.slice(start, start + height) as ArrayLike<unknown>;
      return Array.from(block, (element) => nodeOf(element, CELL));
    });
    const rows = Array.from({ length: height }, (_, nth): (ValueNode | null)[] => cells.map((own) => own[nth] ?? null));
    return {
      columns: columns.map((column) => ({ name: column.name, dtype: column.dtype, length: column.length })),
      start,
      rows,
      length,
      version: file.version(),
    };
  });
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
