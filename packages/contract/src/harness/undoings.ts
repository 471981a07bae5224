import { KohakuVaultError } from '@kohakuvault/core-native';
import type { Database, Vault } from '@kohakuvault/core-native/database';

/** A vault, and the `Database` of the user's that it is on. */
export interface OnDatabase {
  readonly vault: Vault;
  readonly database: Database;
}

/** Does some work and undoes it. The database is in no transaction before and after. */
export type Undoing = (open: OnDatabase, work: () => void) => void;

/** What a body throws to be rolled back. */
const UNDO = new RangeError('undo what the body did');

function undone(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error !== UNDO) throw error;
  }
}

/** Runs the work and then has it undone. */
function failing(work: () => void): () => never {
  return () => {
    work();
    throw UNDO;
  };
}

/** The ways in which work on a vault is undone, by the vault's own means and by the user's. */
export const UNDOINGS = {
  'transaction()': ({ vault }, work) => undone(() => vault.transaction(failing(work))),
  'transaction() in transaction()': ({ vault }, work) =>
    vault.transaction(() => undone(() => vault.transaction(failing(work)))),
  'transaction() around transaction()': ({ vault }, work) =>
    undone(() => vault.transaction(failing(() => vault.transaction(work)))),
  'db.transaction': ({ database }, work) => undone(database.transaction(failing(work))),
  'db.transaction in transaction()': ({ vault, database }, work) =>
    vault.transaction(() => undone(database.transaction(failing(work)))),
  'db.transaction around transaction()': ({ vault, database }, work) =>
    undone(database.transaction(failing(() => vault.transaction(work)))),
  'BEGIN and ROLLBACK': ({ database }, work) => {
    database.exec('BEGIN');
    work();
    database.exec('ROLLBACK');
  },
  'BEGIN IMMEDIATE and ROLLBACK': ({ database }, work) => {
    database.exec('BEGIN IMMEDIATE');
    work();
    database.exec('ROLLBACK');
  },
  'ROLLBACK TO': ({ database }, work) => {
    database.exec('SAVEPOINT theirs');
    work();
    database.exec('ROLLBACK TO theirs; RELEASE theirs');
  },
  'ROLLBACK TO in BEGIN': ({ database }, work) => {
    database.exec('BEGIN; SAVEPOINT theirs');
    work();
    database.exec('ROLLBACK TO theirs; COMMIT');
  },
  'ROLLBACK TO in transaction()': ({ vault, database }, work) =>
    vault.transaction(() => {
      database.exec('SAVEPOINT theirs');
      work();
      database.exec('ROLLBACK TO theirs; RELEASE theirs');
    }),
  'ROLLBACK TO around transaction()': ({ vault, database }, work) => {
    database.exec('BEGIN; SAVEPOINT theirs');
    vault.transaction(work);
    database.exec('ROLLBACK TO theirs; COMMIT');
  },
  'ROLLBACK of an open SAVEPOINT': ({ database }, work) => {
    database.exec('BEGIN; SAVEPOINT theirs');
    work();
    database.exec('ROLLBACK');
  },
  'ROLLBACK after RELEASE': ({ database }, work) => {
    database.exec('BEGIN; SAVEPOINT theirs');
    work();
    database.exec('RELEASE theirs; ROLLBACK');
  },
  'ROLLBACK in transaction()': ({ vault, database }, work) => {
    try {
      vault.transaction(() => {
        work();
        database.exec('ROLLBACK');
      });
    } catch (error) {
      // The transaction was ended inside its body.
      if (!(error instanceof KohakuVaultError && error.code === 'KV_ERROR')) throw error;
    }
  },
  'INSERT OR ROLLBACK': ({ database }, work) => {
    database.exec('BEGIN');
    work();
    rollBackByConflict(database);
  },
  'INSERT OR ROLLBACK in transaction()': ({ vault, database }, work) => {
    try {
      vault.transaction(() => {
        work();
        rollBackByConflict(database);
      });
    } catch (error) {
      if (!(error instanceof KohakuVaultError && error.code === 'KV_ERROR')) throw error;
    }
  },
} satisfies Readonly<Record<string, Undoing>>;

/** Runs a statement that fails and with which SQLite rolls back the whole transaction. */
function rollBackByConflict(database: Database): void {
  database.exec('CREATE TEMP TABLE IF NOT EXISTS contract_conflict (n UNIQUE)');
  database.exec('INSERT OR IGNORE INTO temp.contract_conflict VALUES (1)');
  try {
    database.exec('INSERT OR ROLLBACK INTO temp.contract_conflict VALUES (1)');
  } catch (error) {
    if (!String(error).includes('UNIQUE constraint failed')) throw error;
  }
}
