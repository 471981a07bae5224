import type { Database } from 'better-sqlite3';
import { detailOf } from '../errors/error-detail.ts';
import { CorruptData, KohakuVaultError } from '../errors/errors.ts';
import { translated } from '../errors/sqlite-errors.ts';
import { firstRow, Statement } from './statement.ts';
import type { Transactions } from './transactions.ts';

export const TABLE = 'kohakuvault_meta';

/**
 * The version of the layout that this release writes. The column vault of the Python package writes the same number.
 */
export const SCHEMA_VERSION = 2;

/** A step from the version before `to`. All steps run in order, in one transaction. */
export interface Migration {
  to: number;
  run(database: Database): void;
}

const MIGRATIONS: readonly Migration[] = [];

/** Returns the version that a file has; undefined if it has none: a new file, or one of Python's KVault. */
function readVersion(database: Database): number | undefined {
  let text: unknown;
  try {
    text = firstRow<{ value: unknown }>(
      database,
      `SELECT value FROM main.${TABLE} WHERE key = 'schema_version'`,
    )?.value;
  } catch (error) {
    if (detailOf(error) === 'no-such-table') return undefined;
    if (detailOf(error) === 'no-such-column') {
      throw new CorruptData(`the table ${TABLE} is not KohakuVault's, which has the columns key and value; rename it`, {
        cause: error,
      });
    }
    throw error;
  }
  if (text === undefined) return undefined;
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1) {
    throw new CorruptData(`${TABLE} expects schema_version to be a whole number, got ${JSON.stringify(String(text))}`);
  }
  return version;
}

/**
 * Refuses a file that a later release has written, before anything in it changes. Returns whether the file is up to
 * date, so that `bringUpToDate` has nothing to do.
 */
export function refuseFuture(database: Database): boolean {
  const version = translated(() => readVersion(database));
  if (version !== undefined && version > SCHEMA_VERSION) {
    throw new KohakuVaultError(
      `the file has schema version ${version}, this release knows versions up to ${SCHEMA_VERSION}; update KohakuVault`,
    );
  }
  return version === SCHEMA_VERSION;
}

/** Creates the meta table of a file, and brings the file to this release's version. */
export function bringUpToDate(database: Database, transactions: Transactions): void {
  transactions.transaction(() =>
    transactions.write(() => {
      new Statement(
        database,
        `CREATE TABLE IF NOT EXISTS main.${TABLE} (key TEXT PRIMARY KEY, value TEXT NOT NULL)`,
      ).run();
      const from = readVersion(database) ?? SCHEMA_VERSION;
      for (const step of MIGRATIONS) if (step.to > from) step.run(database);
      new Statement(
        database,
        `INSERT INTO main.${TABLE} VALUES ('schema_version', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      ).run(String(SCHEMA_VERSION));
    }),
  );
}
