import { DatabaseBusy, type ErrorCode, errorOf, KohakuVaultError } from './errors.ts';

/** What SQLite's primary result codes mean to a user: its number, our code, and what to do about it. */
const MEANINGS: Record<string, { result: number; code: ErrorCode; cure: string }> = {
  PERM: { result: 3, code: 'KV_IO', cure: 'check the permissions of the file and its folder' },
  BUSY: {
    result: 5,
    code: 'KV_BUSY',
    cure: 'another connection holds the file; try again, or raise busyTimeout',
  },
  LOCKED: {
    result: 6,
    code: 'KV_BUSY',
    cure: 'another statement of this connection holds the table; finish it first',
  },
  READONLY: {
    result: 8,
    code: 'KV_READONLY',
    cure: 'open it writable, or check the permissions of the file and its folder',
  },
  IOERR: { result: 10, code: 'KV_IO', cure: 'check the disk and the file system' },
  CORRUPT: {
    result: 11,
    code: 'KV_CORRUPT',
    cure: 'restore a backup; `PRAGMA integrity_check` tells how far the damage goes',
  },
  FULL: { result: 13, code: 'KV_IO', cure: 'make room on the disk' },
  CANTOPEN: { result: 14, code: 'KV_IO', cure: 'check that the path exists and may be read and written' },
  TOOBIG: {
    result: 18,
    code: 'KV_INVALID_ARGUMENT',
    cure: 'a row holds at most 1,000,000,000 bytes, and better-sqlite3 takes 536,870,888 of them',
  },
  CONSTRAINT: { result: 19, code: 'KV_INVALID_ARGUMENT', cure: 'the table does not allow this row' },
  MISMATCH: { result: 20, code: 'KV_INVALID_ARGUMENT', cure: 'the column takes another type' },
  NOLFS: { result: 22, code: 'KV_IO', cure: 'the file system does not hold files of this size' },
  FORMAT: { result: 24, code: 'KV_CORRUPT', cure: 'the file was written by something this SQLite cannot read' },
  RANGE: { result: 25, code: 'KV_INVALID_ARGUMENT', cure: 'the statement has another number of parameters' },
  NOTADB: { result: 26, code: 'KV_CORRUPT', cure: 'the file is not a SQLite database, or is encrypted' },
};

const NAME_OF_RESULT = new Map(Object.entries(MEANINGS).map(([name, { result }]) => [result, name]));

/** What better-sqlite3 throws: known by its shape, because each copy of the package has a class of its own. */
interface SqliteError extends Error {
  code: string;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && error.name === 'SqliteError' && typeof (error as SqliteError).code === 'string';
}

/** What SQLite says where a table is not as our statements need it, which it was when the vault was opened. */
const CHANGED =
  /^(?:no such (?:table|column|rowid)\b|table .* has no column named|cannot open (?:value|view|virtual table|table)\b|vtable constructor failed)/;

function fromResult(name: string | undefined, message: string, cause: unknown): KohakuVaultError {
  const meaning = name === undefined ? undefined : MEANINGS[name];
  if (meaning) return errorOf(meaning.code, `${message} (SQLITE_${name}): ${meaning.cure}`, { cause });
  if (CHANGED.test(message)) {
    return errorOf(
      'KV_CORRUPT',
      `${message}: a table is not as it was made; something else has changed or removed it. Undo that, or restore a backup`,
      { cause },
    );
  }
  return new KohakuVaultError(`SQLite: ${message}`, { cause });
}

/** The error for a failure the core met while it used SQLite. `extended` is SQLite's extended result code. */
export function fromNativeSqlite(extended: number, message: string): KohakuVaultError {
  const name = NAME_OF_RESULT.get(extended & 0xff);
  const cause = Object.assign(new Error(message), { name: 'SqliteError', code: name ? `SQLITE_${name}` : extended });
  return fromResult(name, message, cause);
}

/** Our error for whatever better-sqlite3 threw; errors that are not its own pass unchanged. */
export function fromBetterSqlite3(error: unknown): unknown {
  if (isSqliteError(error)) {
    // Extended codes carry the primary one in front: SQLITE_BUSY_SNAPSHOT.
    return fromResult(/^SQLITE_([A-Z]+)/.exec(error.code)?.[1], error.message, error);
  }
  if (error instanceof TypeError && error.message.includes('busy executing a query')) {
    return new DatabaseBusy(
      'a statement of yours is still running on this connection (an iterator that is open, or an SQL function that it calls): ' +
        'finish or leave it first',
      { cause: error },
    );
  }
  if (error instanceof TypeError && error.message.includes('connection is not open')) {
    return errorOf('KV_CLOSED', 'the database connection is closed', { cause: error });
  }
  return error;
}

/** Runs a call into better-sqlite3 so that its errors reach the user as ours. */
export function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fromBetterSqlite3(error);
  }
}
