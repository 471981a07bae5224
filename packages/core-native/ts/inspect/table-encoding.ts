import type { Database } from 'better-sqlite3';
import type { Connection } from '../database/connection.ts';
import { TABLE as META_TABLE } from '../database/meta.ts';
import { type Structures, structuresOf } from '../database/structures.ts';
import { encodingKey } from '../database/value-encodings.ts';
import type { Findings } from './findings.ts';

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

/**
 * Returns what decodes the stored values of a table. `decoderOf` is packer's, which knows the encodings. What only a
 * program can decode is not decoded, and noted.
 */
export function tableDecoder(
  connection: Connection,
  table: string,
  findings: Findings,
  decoderOf: (encoding: TableEncoding, structures: () => Structures) => ((stored: Buffer) => unknown) | undefined,
): (stored: Buffer) => unknown {
  const encoding = tableEncoding(connection.database, table);
  const decode = decoderOf(encoding, () => structuresOf(connection));
  if (decode) return decode;
  findings.note(`the values are encoded by ${JSON.stringify(encoding.name)}, a codec of a program: not decoded`);
  return () => {};
}
