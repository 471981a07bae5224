import { type Database, type PackageTables, schemaTables } from '@kohakuvault/core-native/internal/database';

/** The tables of this package, and of the Python package before 1.0. If only one exists, reading reports the damage. */
const CHUNK_TABLES = ['col_meta', 'col_chunks'];
/** The table that lists the columns in the layout of the Python package from 1.0 on. */
const BLOCK_TABLE = 'kvault_col_columns';
const BLOCK_TABLES = /^kvault_col_/;

/** Finds the tables of columns, in either layout. */
export function columnTables(database: Database): PackageTables {
  const names = schemaTables(database).map(({ name }) => name);
  const main = names.filter((name) => CHUNK_TABLES.includes(name) || name === BLOCK_TABLE);
  return { main, related: names.filter((name) => BLOCK_TABLES.test(name) && !main.includes(name)) };
}

/** Returns whether a file has the tables of `ColumnVault`. */
export function hasColumns(database: Database): boolean {
  return columnTables(database).main.some((name) => CHUNK_TABLES.includes(name));
}

/** Returns whether a file has columns in the layout of Python 1.x. */
export function hasBlockColumns(database: Database): boolean {
  return columnTables(database).main.includes(BLOCK_TABLE);
}
