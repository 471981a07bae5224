import { type ErrorCode, errorOf, type KohakuVaultError } from './errors.ts';
import { fromNativeSqlite } from './sqlite-errors.ts';

/** Called by the core for each error it throws; `sqlite` is SQLite's extended result code, 0 where it has no part. */
export function makeNativeError(code: ErrorCode, message: string, sqlite: number): KohakuVaultError {
  return sqlite === 0 ? errorOf(code, message) : fromNativeSqlite(sqlite, message);
}
