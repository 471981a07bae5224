import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { type Connection, fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';
import { sqliteVecFile } from './sqlite-vec-file.ts';

/** These errors do not concern the platform: a statement runs, or the connection is closed. */
const PASSING = ['KV_BUSY', 'KV_CLOSED'];

/**
 * Makes sure, once, that a connection has a module `vec0`: sqlite-vec's, or what stands in for it where sqlite-vec does
 * not load. Only making, renaming and dropping tables needs a module. Returns whether it is the stand-in.
 */
export function loadVec0(connection: Connection): { readonly isStandIn: boolean } {
  return connection.companion('sqlite-vec', () => {
    // The user may have loaded sqlite-vec, built for this platform.
    const known = connection.query("SELECT 1 FROM pragma_module_list WHERE name = 'vec0'");
    if (connection.read(() => known.get()) !== undefined) return { isStandIn: false };
    try {
      connection.shared.database.loadExtension(sqliteVecFile());
      return { isStandIn: false };
    } catch (thrown) {
      const cause = fromBetterSqlite3(thrown);
      if (cause instanceof KohakuVaultError && PASSING.includes(cause.code)) throw cause;
      nativeCore().binding.vectorStandIn(connection.handle);
      return { isStandIn: true };
    }
  });
}
