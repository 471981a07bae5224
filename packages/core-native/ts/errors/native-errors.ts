import { type ErrorDetail, withDetail } from './error-detail.ts';
import { type ErrorCode, errorOf, KohakuVaultError } from './errors.ts';
import { fromNativeSqlite } from './sqlite-errors.ts';

/** What a function of the user's threw, which may be anything. */
export interface Thrown {
  value: unknown;
}

let whatFunctionsThrew: ((handle: number) => Thrown | undefined) | undefined;

/** Has a failed statement's connection asked what a function of the user's threw in it; by its handle. */
export function askWhatFunctionsThrew(ask: (handle: number) => Thrown | undefined): void {
  whatFunctionsThrew = ask;
}

/** SQLITE_ERROR, as which a function's failure is told. */
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
  const thrown = (sqlite & 0xff) === FAILED ? whatFunctionsThrew?.(handle) : undefined;
  if (!thrown) return fromNativeSqlite(sqlite, message);
  const { value } = thrown;
  const said = value instanceof Error ? `: ${value.message}` : '';
  return new KohakuVaultError(
    `a SQL function that the statement called threw an error, so nothing was written${said}`,
    {
      cause: value,
    },
  );
}
