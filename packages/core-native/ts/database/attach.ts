import type { Database } from 'better-sqlite3';
import { KohakuVaultError } from '../errors/errors.ts';
import { translated } from '../errors/sqlite-errors.ts';
import { nativeCore } from '../native/binding.ts';
import { watchFunctions } from './thrown-in-functions.ts';

/** Loads the core into a connection and returns the handle by which the core's functions know it. */
export function attach(database: Database): number {
  const { binding, file } = nativeCore();
  return translated(() => {
    try {
      database.loadExtension(file);
    } catch (cause) {
      if (cause instanceof Error && cause.message.includes('KV_TWO_SQLITE')) {
        throw new KohakuVaultError(
          'this Database comes from another copy of SQLite than the one KohakuVault already works with. Two copies in ' +
            'one process lose committed data: make every package use one better-sqlite3 (npm ls better-sqlite3)',
          { code: 'KV_TWO_SQLITE', cause },
        );
      }
      throw cause;
    }
    const handle = binding.lastAttached();
    watchFunctions(database, handle);
    return handle;
  });
}
