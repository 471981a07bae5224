import type { Database } from 'better-sqlite3';
import { detailOf } from '../errors/error-detail.ts';
import { KohakuVaultError } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import { nativeCore } from '../native/binding.ts';
import { isError } from '../realms/any-realm.ts';
import { watchFunctions } from './thrown-in-functions.ts';

/** Whether a library threw this that calls its errors otherwise than better-sqlite3 does, such as libSQL's. */
function isOfAnotherSqlite(error: unknown): error is Error {
  const { code } = error as { code?: unknown };
  return isError(error) && typeof code === 'string' && code.startsWith('SQLITE_');
}

/** Loads the core into a connection, and returns the connection's handle. */
export function attach(database: Database): number {
  const { binding, file } = nativeCore();
  try {
    database.loadExtension(file);
  } catch (thrown) {
    const error = fromBetterSqlite3(thrown);
    if (isOfAnotherSqlite(error)) {
      throw new KohakuVaultError(
        `this Database cannot load KohakuVault's core (${error.message.trim()}); use better-sqlite3, a variant of it, or ` +
          'node:sqlite',
        { code: 'KV_RUNTIME_UNSUPPORTED', cause: thrown },
      );
    }
    if (detailOf(error) !== 'two-sqlites') throw error;
    throw new KohakuVaultError(
      'this Database comes from another copy of SQLite than the one that KohakuVault already uses. Two copies in one ' +
        'process lose committed data; give all vaults the same driver, and make all packages use one better-sqlite3 ' +
        '(npm ls better-sqlite3)',
      { code: 'KV_TWO_SQLITE', cause: thrown },
    );
  }
  const handle = binding.lastAttached();
  watchFunctions(database, handle);
  return handle;
}
