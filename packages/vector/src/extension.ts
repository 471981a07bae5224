import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Connection, fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';

const { createRequire } = process.getBuiltinModule('node:module');

/** Loads sqlite-vec into the connection, once: what writes a vec0 table needs it, what reads one does not. */
export function loadSqliteVec(connection: Connection): void {
  connection.companion('sqlite-vec', () => {
    try {
      const { getLoadablePath } = createRequire(import.meta.url)('sqlite-vec') as { getLoadablePath(): string };
      connection.shared.database.loadExtension(getLoadablePath());
    } catch (thrown) {
      const cause = fromBetterSqlite3(thrown);
      // Nothing is wrong with the platform while a statement runs or the connection is closed.
      if (cause instanceof KohakuVaultError && (cause.code === 'KV_BUSY' || cause.code === 'KV_CLOSED')) throw cause;
      throw new KohakuVaultError(
        'sqlite-vec, by which vectors are written, does not load on this platform ' +
          `(${cause instanceof Error ? cause.message : String(cause)}): it is published for Linux with glibc (x64, ` +
          'arm64), macOS and Windows x64. Existing tables can be searched and read here',
        { code: 'KV_NATIVE_MISSING', cause },
      );
    }
    return true;
  });
}
