import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Connection, fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';

const { createRequire } = process.getBuiltinModule('node:module');

/** Loads sqlite-vec into a connection, once. Only writes need it. */
export function loadSqliteVec(connection: Connection): void {
  connection.companion('sqlite-vec', () => {
    try {
      const { getLoadablePath } = createRequire(import.meta.url)('sqlite-vec') as { getLoadablePath(): string };
      connection.shared.database.loadExtension(getLoadablePath());
    } catch (thrown) {
      const cause = fromBetterSqlite3(thrown);
      // These errors do not concern the platform: a statement runs, or the connection is closed.
      if (cause instanceof KohakuVaultError && (cause.code === 'KV_BUSY' || cause.code === 'KV_CLOSED')) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new KohakuVaultError(
        `sqlite-vec, which writes vectors, does not load on this platform (${reason}). It is published for Linux ` +
          'with glibc (x64, arm64), macOS and Windows x64. Existing tables can be searched and read here',
        { code: 'KV_NATIVE_MISSING', cause },
      );
    }
    return true;
  });
}
