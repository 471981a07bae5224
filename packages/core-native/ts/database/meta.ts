import type { Database } from 'better-sqlite3';
import { detailOf } from '../errors/error-detail.ts';
import { CorruptData, KohakuVaultError } from '../errors/errors.ts';
import { translated } from '../errors/sqlite-errors.ts';
import { firstRow, Statement } from './statement.ts';
import type { Transactions } from './transactions.ts';

export const TABLE = 'kohakuvault_meta';

/** The layout of files this release writes; the Python package's column vault writes the same number. */
export const SCHEMA_VERSION = 2;

/** A step from the version before `to`; steps run in order, all in one transaction. */
export interface Migration {
  to: number;
  run(database: Database): void;
}

const MIGRATIONS: readonly Migration[] = [];

/** The version a file says it has, undefined where it says nothing (a new file, or one of Python's KVault). */
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
      throw new CorruptData(`the table ${TABLE} is not KohakuVault's: it needs the columns key and value`, {
        cause: error,
      });
    }
    throw error;
  }
  if (text === undefined) return undefined;
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1) {
    throw new CorruptData(`${TABLE} gives schema_version as ${JSON.stringify(String(text))}; expected a whole number`);
  }
  return version;
}

/**
 * Refuses a file that a later release has written, before anything in it is changed. Tells whether it is up to date: then
 * `bringUpToDate` has nothing to do.
 */
export function refuseFuture(database: Database): boolean {
  const version = translated(() => readVersion(database));
  if (version !== undefined && version > SCHEMA_VERSION) {
    throw new KohakuVaultError(
      `the file has schema version ${version}; this release knows up to ${SCHEMA_VERSION}. Update KohakuVault to use it`,
    );
  }
  return version === SCHEMA_VERSION;
}

/** Gives a file its meta table and brings it to this release's version. */
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
