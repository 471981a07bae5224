import { KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';
import { type Connection, fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';
import { sqliteVecFile } from './sqlite-vec-file.ts';

/** Loads sqlite-vec into a connection, once. Only writes need it. */
export function loadSqliteVec(connection: Connection): void {
  connection.companion('sqlite-vec', () => {
    try {
      connection.shared.database.loadExtension(sqliteVecFile());
    } catch (thrown) {
      const cause = fromBetterSqlite3(thrown);
      // These errors do not concern the platform: a statement runs, or the connection is closed.
      if (cause instanceof KohakuVaultError && ['KV_BUSY', 'KV_CLOSED', 'KV_NATIVE_MISSING'].includes(cause.code)) {
        throw cause;
      }
      throw new KohakuVaultError(
        `sqlite-vec, which writes vectors, does not load on this platform (${messageOf(cause)}). It is published for ` +
          'Linux with glibc (x64, arm64), macOS and Windows x64. Existing tables can be searched and read here',
        { code: 'KV_NATIVE_MISSING', cause },
      );
    }
    return true;
  });
}
