import { type ErrorCode, errorOf, isError, KohakuVaultError } from '@kohakuvault/core-native/internal';

interface Meaning {
  readonly code: ErrorCode;
  readonly cure: string;
}

const UNAVAILABLE: Meaning = { code: 'KV_UNAVAILABLE', cure: 'try again when the server can be reached' };
const CONFLICT: Meaning = { code: 'KV_CONFLICT', cure: 'other transactions were in the way; run it again' };
const NO_ROOM: Meaning = { code: 'KV_IO', cure: 'make room on the server' };
const ENTER: Meaning = { code: 'KV_IO', cure: 'check the URL, the user and its rights' };
const CHANGED: Meaning = {
  code: 'KV_CORRUPT',
  cure: 'a table of the vault was changed or removed; restore it, or open the vault again',
};

/** What PostgreSQL's codes mean: each code of five characters, or the class that its first two are. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '08': UNAVAILABLE,
  '0A': { code: 'KV_INVALID_ARGUMENT', cure: 'this server cannot do that' },
  '22': { code: 'KV_INVALID_ARGUMENT', cure: 'the server does not take this value' },
  '23': { code: 'KV_INVALID_ARGUMENT', cure: 'the table does not allow this row' },
  '25006': { code: 'KV_READONLY', cure: 'write outside snapshot, and to the primary server' },
  '25P03': { code: 'KV_TIMEOUT', cure: 'the transaction was idle for too long; keep its body short' },
  '25P04': { code: 'KV_TIMEOUT', cure: 'the transaction took too long; keep it short' },
  '28': ENTER,
  '3D': ENTER,
  '3F': CHANGED,
  '40001': CONFLICT,
  '40P01': CONFLICT,
  '40003': UNAVAILABLE,
  '42501': { code: 'KV_IO', cure: 'give the user the rights that it needs on the schema and its tables' },
  '42P01': CHANGED,
  '42703': CHANGED,
  '42883': CHANGED,
  '53': { code: 'KV_IO', cure: 'the server lacks memory or another resource' },
  '53100': NO_ROOM,
  '53300': { code: 'KV_BUSY', cure: 'the server has no connection left; use fewer, or try again' },
  '54': { code: 'KV_INVALID_ARGUMENT', cure: 'it is beyond a limit of the server' },
  '55P03': { code: 'KV_BUSY', cure: 'another transaction holds the row; try again' },
  '57014': { code: 'KV_TIMEOUT', cure: 'it was canceled, or took longer than statement_timeout' },
  '57': UNAVAILABLE,
  '58': { code: 'KV_IO', cure: 'check the disk of the server' },
  XX001: { code: 'KV_CORRUPT', cure: 'the data of the server are damaged; restore a backup' },
  XX002: { code: 'KV_CORRUPT', cure: 'an index of the server is damaged; REINDEX the table' },
};

/** Codes of the operating system for a server that cannot be reached, or no more. */
const NETWORK = /^(?:ECONN|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EAI_|EHOST|ENET|ENOENT$|EACCES$|ERR_STREAM_|ERR_SOCKET)/;
/** Words of the driver, which has no codes of its own. */
const LOST = /^(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout expired)/;
const NOT_SENT = /^(?:Client has encountered a connection error|Client was closed)/;
const SLOW = /^(?:Query read timeout|Query cancelled)/;
const EXHAUSTED = /^timeout exceeded when trying to connect/;

/** Returns PostgreSQL's code of an error; undefined if it has none. */
export function sqlState(error: unknown): string | undefined {
  const code = isError(error) ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !NETWORK.test(code) ? code : undefined;
}

/** Whether the server has undone a transaction so that it can be run again: an error of the driver, or one of ours. */
export function isConflict(error: unknown): boolean {
  if (error instanceof KohakuVaultError) return error.code === 'KV_CONFLICT';
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/** Whether an error of ours says that a row with the key is there already. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof KohakuVaultError && sqlState(error.cause) === '23505';
}

/** Whether an error of the driver means that the connection is gone. */
export function isLost(error: unknown): boolean {
  if (!isError(error) || error instanceof KohakuVaultError) return false;
  const state = sqlState(error);
  if (state !== undefined) return /^(?:08|57P0|25P0[345]|40003)/.test(state);
  return NETWORK.test(String((error as { code?: unknown }).code)) || LOST.test(error.message);
}

/** Whether an error of ours says that the server cannot be reached. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof KohakuVaultError && error.code === 'KV_UNAVAILABLE';
}

/** Whether an error of ours says that the driver has not even sent the statement. */
export function isUnsent(error: KohakuVaultError): boolean {
  return isError(error.cause) && NOT_SENT.test(error.cause.message);
}

/** Returns the error of ours for an error of the driver. An error of ours stays. */
export function fromDriver(error: unknown): KohakuVaultError {
  if (error instanceof KohakuVaultError) return error;
  if (!isError(error)) return new KohakuVaultError(`PostgreSQL's driver threw ${String(error)}`, { cause: error });
  const { code, cure } = meaningOf(error);
  const end = cure === '' ? '' : `; ${cure}`;
  return errorOf(code, `PostgreSQL: ${error.message || String((error as { code?: unknown }).code)}${end}`, {
    cause: error,
  });
}

function meaningOf(error: Error): Meaning {
  const state = sqlState(error);
  const known = state === undefined ? undefined : (MEANINGS[state] ?? MEANINGS[state.slice(0, 2)]);
  if (known) return known;
  if (state === 'XX000' && FILE.test(error.message)) return NO_FILE;
  if (EXHAUSTED.test(error.message)) return POOL_EXHAUSTED;
  if (SLOW.test(error.message)) return { code: 'KV_TIMEOUT', cure: 'raise the timeout, or ask for less' };
  return isLost(error) ? UNAVAILABLE : { code: 'KV_ERROR', cure: '' };
}

/** What the server says of a file that it cannot use, for a reason to which it gives no code. */
const FILE = /^could not (?:access|close|create|extend|fsync|open|read|stat|sync|truncate|write) /;
const NO_FILE: Meaning = { code: 'KV_IO', cure: 'check the disk of the server' };

const POOL_EXHAUSTED: Meaning = {
  code: 'KV_BUSY',
  cure: 'all connections of the pool are in use; raise its max, or keep transactions short',
};

const unknown = new WeakSet<object>();

/** Returns the error for a write, or a COMMIT, whose answer got lost. */
export function unknownOutcome(cause: unknown): KohakuVaultError {
  const why = isError(cause) ? cause.message : String(cause);
  const error = new KohakuVaultError(
    `the connection was lost before PostgreSQL had confirmed a write (${why}), so it may be done or not; ` +
      'look, or write it again',
    { code: 'KV_UNAVAILABLE', cause },
  );
  unknown.add(error);
  return error;
}

/** Whether an error says that a write may be done or not. Nothing is tried again then. */
export function isUnknownOutcome(error: unknown): boolean {
  return isError(error) && unknown.has(error);
}
