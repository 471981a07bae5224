import { type Database, quoteIdentifier, tableEncoding } from '@kohakuvault/core-native/internal/database';
import type { KVault } from '@kohakuvault/kvault';
import type { StoredHeader } from '@kohakuvault/packer/value';

/** What reads the header of a value. It is given, since listing tables must not load it. */
type Values = Pick<typeof import('@kohakuvault/packer/value'), 'Encoding' | 'HEADER_LENGTH' | 'readHeader'>;

/** The names of bare values, where they differ from that of the table's encoding. */
const BARE: Readonly<Record<string, string>> = { auto: 'bytes', binary: 'bytes', utf8: 'text' };

type Statement = ReturnType<Database['prepare']>;

interface Row {
  type: string;
  /** Null if the value is NULL. */
  bytes: number | null;
  /** The beginning of a short value. */
  start: Buffer | null;
}

const SHORT_BYTES = 4_096;

/** What the beginning of a value tells. */
export interface EncodedValue {
  /** The stored bytes, with the header. */
  readonly bytes: number;
  /** The name of the encoding. */
  readonly encoding: string;
}

/** Tells the size and the encoding of values without reading them. */
export class StoredLook {
  readonly #select: Statement;
  readonly #vault: KVault<Buffer, 'bytes', false>;
  readonly #values: Values;
  /** The names of the encodings. */
  readonly #names: ReadonlyMap<number, string>;
  /** What values without a header are. */
  readonly #bare: string;

  /** `vault` reads the table with `storedValues`. */
  constructor(database: Database, table: string, vault: KVault<Buffer, 'bytes', false>, values: Values) {
    this.#vault = vault;
    this.#values = values;
    const { name } = tableEncoding(database, table);
    this.#bare = BARE[name] ?? name;
    const { Encoding, HEADER_LENGTH } = values;
    this.#names = new Map<number, string>([
      [Encoding.pickle, 'pickle'],
      [Encoding.packed, 'packed'],
      [Encoding.json, 'json'],
      [Encoding.msgpack, 'msgpack'],
      [Encoding.cbor, 'cbor'],
      [Encoding.utf8, 'text'],
      [Encoding.structured, 'structured'],
      // If the parts exist, the header in the first of them is read instead.
      [Encoding.manifest, 'damaged'],
    ]);
    // SQLite knows the length of a BLOB without reading it. `substr` would read all of a long one.
    this.#select = database.prepare(
      `SELECT typeof(value) AS type, length(value) AS bytes,
          CASE WHEN length(value) <= ${SHORT_BYTES} THEN substr(value, 1, ${HEADER_LENGTH}) END AS start
        FROM main.${quoteIdentifier(table)} WHERE key = ?`,
    );
  }

  /** Returns the size and the encoding of a value. Undefined if the key does not exist. */
  look(key: string | Buffer): EncodedValue | undefined {
    const row = this.#select.get(Buffer.from(key)) as Row | undefined;
    if (!row) return undefined;
    if (row.type !== 'blob') return { bytes: row.bytes ?? 0, encoding: 'damaged' };
    const { Encoding, HEADER_LENGTH, readHeader } = this.#values;
    const header = row.start ? readHeader(row.start) : undefined;
    if (row.start && header?.id !== Encoding.manifest) return { bytes: row.bytes ?? 0, encoding: this.#nameOf(header) };
    using blob = this.#vault.openBlob(key);
    const start = blob.read(0, Math.min(blob.size, HEADER_LENGTH));
    return { bytes: blob.size, encoding: this.#nameOf(readHeader(start)) };
  }

  #nameOf(found: StoredHeader | undefined): string {
    return (found && this.#names.get(found.id)) ?? this.#bare;
  }
}
