import type { Database } from 'better-sqlite3';
import { TABLE as META_TABLE } from '../database/meta.ts';
import { encodingKey } from '../database/value-encodings.ts';

/** The encodings that need no codec of a program. */
const OWN = ['auto', 'msgpack', 'cbor', 'json', 'utf8', 'binary'] as const;

/** How the values of a table are encoded, as the file says. */
export interface TableEncoding {
  readonly name: string;
  /** The same as the option of a vault; undefined for the codec of a program. */
  readonly valueEncoding: (typeof OWN)[number] | undefined;
}

/** Returns how the values of a table are encoded: of a KVault, or of a VectorKVault. */
export function tableEncoding(database: Database, table: string): TableEncoding {
  let found: unknown;
  try {
    const select = database.prepare(`SELECT CAST(value AS TEXT) FROM main.${META_TABLE} WHERE key = ?`);
    found = select.pluck().get(encodingKey(table));
  } catch {
    // Not every file of the Python package has the table.
  }
  const name = typeof found === 'string' ? found : 'auto';
  return { name, valueEncoding: OWN.find((own) => own === name) };
}

/** Returns what a summary says of a table's encoding: nothing for the default. */
export function shownEncoding(database: Database, table: string): { encoding?: string } {
  const { name } = tableEncoding(database, table);
  return name === 'auto' ? {} : { encoding: name };
}
