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
 * Called by the core for each error it throws; `sqlite` is SQLite's extended result code, 0 where it has no part, and `handle` that of the
 * connection, 0 where it is not known.
 */
export function makeNativeError(code: ErrorCode, message: string, sqlite: number, handle: number): KohakuVaultError {
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
