import type { Connection } from '@kohakuvault/core-native/internal/database';

/**
 * What a file records about the values of its vaults, so that other programs need not look at them. The Python package
 * has the same names.
 */
export type Feature = 'headers_v1' | 'auto_pack_v1';

const KEY = 'kv_features';

/** Adds missing features to the file's list. A readonly connection leaves it as it is. */
export function registerFeatures(connection: Connection, ...features: readonly Feature[]): void {
  if (connection.readonly || missingOf(connection, features).length === 0) return;
  connection.transaction(() => {
    // Another process may have added some meanwhile.
    const missing = missingOf(connection, features);
    if (missing.length === 0) return;
    const put = connection.statement(
      `INSERT INTO main.kohakuvault_meta (key, value) VALUES (?, ?)
        ON CONFLICT (key) DO UPDATE SET value = CAST(value AS TEXT) || ',' || excluded.value`,
    );
    connection.write(() => put.run(KEY, missing.join(',')));
  });
}

function missingOf(connection: Connection, features: readonly Feature[]): Feature[] {
  const select = connection.query<string>('SELECT CAST(value AS TEXT) FROM main.kohakuvault_meta WHERE key = ?', {
    pluck: true,
  });
  const present = (connection.read(() => select.get(KEY)) ?? '').split(',');
  return features.filter((feature) => !present.includes(feature));
}
