import { isError, isErrorNamed } from '../realms/any-realm.ts';
import { type ErrorDetail, withDetail } from './error-detail.ts';
import { CorruptData, DatabaseBusy, type ErrorCode, errorOf, KohakuVaultError } from './errors.ts';

/** SQLite's primary result codes: the number of each, our code, and what the user can do. */
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
  INTERRUPT: { result: 9, code: 'KV_TIMEOUT', cure: 'raise its time limit, or ask for less' },
  IOERR: { result: 10, code: 'KV_IO', cure: 'check the disk and the file system' },
  CORRUPT: {
    result: 11,
    code: 'KV_CORRUPT',
    cure: 'restore a backup; `PRAGMA integrity_check` lists the damage',
  },
  FULL: { result: 13, code: 'KV_IO', cure: 'make room on the disk' },
  CANTOPEN: { result: 14, code: 'KV_IO', cure: 'check that the path exists and may be read and written' },
  TOOBIG: {
    result: 18,
    code: 'KV_INVALID_ARGUMENT',
    cure: 'a row has at most 1,000,000,000 bytes, and better-sqlite3 accepts 536,870,888',
  },
  CONSTRAINT: { result: 19, code: 'KV_INVALID_ARGUMENT', cure: 'the table does not allow this row' },
  MISMATCH: { result: 20, code: 'KV_INVALID_ARGUMENT', cure: 'the column has another type' },
  NOLFS: { result: 22, code: 'KV_IO', cure: 'the file system does not hold files of this size' },
  FORMAT: {
    result: 24,
    code: 'KV_CORRUPT',
    cure: 'another program wrote the file in a form that this SQLite cannot read',
  },
  RANGE: { result: 25, code: 'KV_INVALID_ARGUMENT', cure: 'the statement has a different number of parameters' },
  NOTADB: { result: 26, code: 'KV_CORRUPT', cure: 'the file is not a SQLite database, or is encrypted' },
};

const NAME_OF_RESULT = new Map(Object.entries(MEANINGS).map(([name, { result }]) => [result, name]));

/** An error that better-sqlite3 throws. Its shape identifies it, because each copy of the package has its own class. */
interface SqliteError extends Error {
  code: string;
}

function isSqliteError(error: unknown): error is SqliteError {
  return isErrorNamed(error, 'SqliteError') && typeof (error as SqliteError).code === 'string';
}

/**
 * How a message begins, and what it is about. `changed` is for tables that our statements found otherwise when the
 * vault opened.
 */
interface Wording {
  readonly begins: RegExp;
  readonly detail?: ErrorDetail;
  readonly changed?: true;
}

/**
 * SQLite has one code, SQLITE_ERROR, for all of these, so only its words tell them apart. They are matched here and
 * nowhere else.
 */
const WORDINGS: readonly Wording[] = [
  { begins: /^no such table\b/, detail: 'no-such-table', changed: true },
  { begins: /^no such column\b/, detail: 'no-such-column', changed: true },
  { begins: /^(?:no such rowid\b|table .* has no column named|vtable constructor failed)/, changed: true },
  { begins: /^cannot open (?:value|view|virtual table|table)\b/, changed: true },
  { begins: /^no such savepoint\b/, detail: 'no-such-savepoint' },
  // The one text that the core can hand to SQLite when SQLite loads it: `src/sqlite/host.rs` has the same.
  // Deno says first what has failed.
  {
    begins: /^(?:Failed to load SQLite extension: )?(?:error during initialization: )?KV_TWO_SQLITE\b/,
    detail: 'two-sqlites',
  },
];

/** better-sqlite3 throws TypeErrors without a code. They are matched here and nowhere else. */
const IS_BUSY = /busy executing a query/;
const IS_CLOSED_IN_NODE = /database is not open|statement has been finalized/;
const IS_CLOSED = /connection is not open/;
const IS_REFUSED_ARGUMENT = /^Expected first argument to be/;

function fromResult(name: string | undefined, message: string, cause: unknown): KohakuVaultError {
  const meaning = name === undefined ? undefined : MEANINGS[name];
  if (meaning) {
    const error = errorOf(meaning.code, `${message} (SQLITE_${name}): ${meaning.cure}`, { cause });
    return withDetail(error, name === 'NOTADB' ? 'not-a-database' : undefined);
  }
  const wording = WORDINGS.find(({ begins }) => begins.test(message));
  const error = wording?.changed
    ? new CorruptData(`${message}: another program has changed or removed a table. Undo that, or restore a backup`, {
        cause,
      })
    : new KohakuVaultError(`SQLite: ${message}`, { cause });
  return withDetail(error, wording?.detail);
}

/** Makes the error for a failure that the core met in SQLite. `extended` is SQLite's extended result code. */
export function fromNativeSqlite(extended: number, message: string): KohakuVaultError {
  const name = NAME_OF_RESULT.get(extended & 0xff);
  const cause = Object.assign(new Error(message), { name: 'SqliteError', code: name ? `SQLITE_${name}` : extended });
  return fromResult(name, message, cause);
}

/** Makes our error from one that better-sqlite3 threw. Returns any other error unchanged. */
export function fromBetterSqlite3(error: unknown): unknown {
  if (isSqliteError(error)) {
    // Extended codes begin with the primary one: SQLITE_BUSY_SNAPSHOT.
    return fromResult(/^SQLITE_([A-Z]+)/.exec(error.code)?.[1], error.message, error);
  }
  if (isNodeError(error)) return fromNodeSqlite(error);
  if (!isErrorNamed(error, 'TypeError')) return error;
  if (IS_BUSY.test(error.message)) {
    return new DatabaseBusy(
      'one of your statements is still running on this connection: an open iterator, or one that calls an SQL ' +
        'function; finish it first',
      { cause: error },
    );
  }
  if (IS_CLOSED.test(error.message)) {
    return errorOf('KV_CLOSED', 'the database connection is closed', { cause: error });
  }
  return error;
}

/** An error of `node:sqlite`. It has a code of Node's, and SQLite's extended result code if SQLite has a part in it. */
interface NodeError extends Error {
  code: string;
  errcode?: number;
}

function isNodeError(error: unknown): error is NodeError {
  const { code } = error as { code?: unknown };
  return isError(error) && typeof code === 'string' && code.startsWith('ERR_');
}

function fromNodeSqlite(error: NodeError): unknown {
  switch (error.code) {
    case 'ERR_SQLITE_ERROR':
      return fromResult(NAME_OF_RESULT.get((error.errcode ?? 0) & 0xff), error.message, error);
    case 'ERR_LOAD_SQLITE_EXTENSION':
      return fromResult(undefined, error.message, error);
    case 'ERR_INVALID_STATE':
      return IS_CLOSED_IN_NODE.test(error.message)
        ? errorOf('KV_CLOSED', 'the database connection is closed', { cause: error })
        : error;
    default:
      return error;
  }
}

/** Whether better-sqlite3's native class threw this because it was constructed without arguments. */
export function isRefusedArgument(error: unknown): boolean {
  return isErrorNamed(error, 'TypeError') && IS_REFUSED_ARGUMENT.test(error.message);
}

/** Runs a call into better-sqlite3, and throws our error for one of its own. */
export function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fromBetterSqlite3(error);
  }
}
