import { type ErrorDetail, withDetail } from './error-detail.ts';
import { type ErrorCode, errorOf, KohakuVaultError } from './errors.ts';
import { fromNativeSqlite } from './sqlite-errors.ts';

/** A value that a function of the user threw. It may be anything. */
export interface Thrown {
  value: unknown;
}

type ThrownLookup = (handle: number, message: string) => Thrown | undefined;

let thrownIn: ThrownLookup | undefined;

/**
 * Sets how to find what a function of the user threw in a failed statement, by the connection's handle and SQLite's
 * message.
 */
export function setThrownLookup(lookup: ThrownLookup): void {
  thrownIn = lookup;
}

/** SQLITE_ERROR, the code for the failure of a function. */
const FAILED = 1;

/**
 * Makes each error that the core throws. `sqlite` is SQLite's extended result code, or 0 if SQLite has no part in the
 * failure. `handle` is that of the connection, or 0 if it is unknown.
 */
export function makeNativeError(
  code: ErrorCode,
  message: string,
  sqlite: number,
  handle: number,
  detail?: ErrorDetail,
): KohakuVaultError {
  return withDetail(errorWithoutDetail(code, message, sqlite, handle), detail);
}

function errorWithoutDetail(code: ErrorCode, message: string, sqlite: number, handle: number): KohakuVaultError {
  if (sqlite === 0) return errorOf(code, message);
  const thrown = (sqlite & 0xff) === FAILED ? thrownIn?.(handle, message) : undefined;
  if (!thrown) return fromNativeSqlite(sqlite, message);
  const { value } = thrown;
  const why = value instanceof Error ? `: ${value.message}` : '';
  return new KohakuVaultError(`a SQL function that the statement called threw an error, so nothing was written${why}`, {
    cause: value,
  });
}
