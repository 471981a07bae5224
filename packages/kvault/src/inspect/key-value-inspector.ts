import { plural } from '@kohakuvault/core-native/internal';
import {
  type Database,
  examine,
  openDatabase,
  quoteIdentifier,
  shownEncoding,
  type TableInspector,
} from '@kohakuvault/core-native/internal/database';
import { KeyValueCheck } from './key-value-check.ts';
import { keyValueTables, partsOf } from './tables.ts';

/** What `keyValueInspector` lists. */
export interface KeyValueSummary {
  readonly table: string;
  readonly keys: number;
  /** Bytes of the keys and of the values. */
  readonly bytes: number;
  /** The name of the encoding of the values; absent for the default. */
  readonly encoding?: string;
}

/** Lists and verifies the key-value tables of a file. */
export const keyValueInspector: TableInspector<KeyValueSummary> = {
  tables: keyValueTables,
  list: (database) =>
    keyValueTables(database).main.map((table) => ({
      table,
      ...totals(database, table),
      ...shownEncoding(database, table),
    })),
  async *verify(source, progress = () => {}) {
    // Loaded here: listing needs neither.
    const [kvault, values] = await Promise.all([import('@kohakuvault/kvault'), import('@kohakuvault/packer/value')]);
    using connection = openDatabase(source);
    for (const table of keyValueTables(connection.database).main) {
      yield examine(`key-value table ${table}`, (findings) => {
        using check = new KeyValueCheck(connection, table, findings, { ...kvault, ...values });
        let keys = 0;
        for (const row of check.rows()) {
          if (findings.isFull) break;
          progress(++keys);
          check.row(row);
        }
        findings.checked = plural(keys, 'key');
        check.end();
      });
    }
  },
};

function totals(database: Database, table: string): { keys: number; bytes: number } {
  // SQLite reads the length of a BLOB without the BLOB.
  const found = database
    .prepare(`SELECT count(*) AS keys, total(length(key) + length(value)) AS bytes FROM main.${quoteIdentifier(table)}`)
    .get() as { keys: number; bytes: number };
  const parts = partsOf(database, table);
  if (!parts) return found;
  const more = database.prepare(`SELECT total(length(data)) FROM ${parts}`).pluck().get() as number;
  return { keys: found.keys, bytes: found.bytes + more };
}
