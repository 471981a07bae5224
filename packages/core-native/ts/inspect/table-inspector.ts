import type { Database } from 'better-sqlite3';
import type { DatabaseSource } from '../database/open.ts';
import type { Findings } from './findings.ts';

/** The tables that a package has in a file. */
export interface PackageTables {
  /** The tables that hold data. The file has something of the package if there are any. */
  readonly main: readonly string[];
  /** The tables that belong to those, such as the parts of long values. */
  readonly related: readonly string[];
}

/**
 * Lists and verifies the tables of one package. Each package that stores has one in its `./inspect` entry. An inspector
 * changes no data, and accepts damaged files.
 */
export interface TableInspector<Summary = unknown> {
  /** Returns the tables of the package. Reads the schema only. */
  tables(database: Database): PackageTables;
  /** Returns what the tables hold, with counts and sizes. Reads no values. */
  list(database: Database): Summary[];
  /**
   * Verifies everything that the package has in the file. Yields the findings about one thing after another. `progress`
   * is called with the number of items of that thing that have been verified. `source` is an open vault or `Database`.
   *
   * To verify one state of the file while others write, call it inside a read transaction.
   */
  verify(source: Exclude<DatabaseSource, string>, progress?: (done: number) => void): AsyncGenerator<Findings>;
}
