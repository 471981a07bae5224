import { isError } from '../realms/any-realm.ts';
import { type ErrorDetail, withDetail } from './error-detail.ts';
import { type ErrorCode, errorOf, KohakuVaultError } from './errors.ts';
import { fromNativeSqlite } from './sqlite-errors.ts';

/** A value that a function of the user threw. It may be anything. */
export interface Thrown {
  value: unknown;
}

/** Finds what a function of the user threw in a failed statement, by the connection's handle and SQLite's message. */
type ThrownLookup = (handle: number, message: string, pending: Thrown | undefined) => Thrown | undefined;

let thrownIn: ThrownLookup | undefined;

/** Sets how to find what a function of the user threw. `pending` is what the core has found already. */
export function setThrownLookup(lookup: ThrownLookup): void {
  thrownIn = lookup;
}

/** SQLITE_ERROR, the code for the failure of a function. */
const FAILED = 1;

/**
 * Makes each error that the core throws. `sqlite` is SQLite's extended result code, or 0 if SQLite has no part in the
 * failure. `handle` is that of the connection, or 0 if it is unknown. `pending` has what a function of the user threw, in
 * a runtime where the core sees that.
 */
export function makeNativeError(
  code: ErrorCode,
  message: string,
  sqlite: number,
  handle: number,
  detail?: ErrorDetail,
  ...pending: unknown[]
): KohakuVaultError {
  const thrown = pending.length > 0 ? { value: pending[0] } : undefined;
  return withDetail(errorWithoutDetail(code, message, sqlite, handle, thrown), detail);
}

function errorWithoutDetail(
  code: ErrorCode,
  message: string,
  sqlite: number,
  handle: number,
  pending: Thrown | undefined,
): KohakuVaultError {
  if (sqlite === 0) return errorOf(code, message);
  const thrown = (sqlite & 0xff) === FAILED ? thrownIn?.(handle, message, pending) : undefined;
  if (!thrown) return fromNativeSqlite(sqlite, message);
  const { value } = thrown;
  const why = isError(value) ? `: ${value.message}` : '';
  return new KohakuVaultError(`a SQL function that the statement called threw an error, so nothing was written${why}`, {
    cause: value,
  });
}
