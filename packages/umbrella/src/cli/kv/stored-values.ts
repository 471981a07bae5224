import { type Connection, type Database, quoteIdentifier } from '@kohakuvault/core-native/database';
import { KVault } from '@kohakuvault/kvault';
import { Encoding, HEADER_LENGTH, readHeader } from '@kohakuvault/packer/value';

const NAMES: Record<Encoding, string> = {
  [Encoding.raw]: 'bytes',
  [Encoding.pickle]: 'pickle',
  [Encoding.packed]: 'packed',
  [Encoding.json]: 'json',
  [Encoding.msgpack]: 'msgpack',
  [Encoding.cbor]: 'cbor',
  [Encoding.utf8]: 'text',
  [Encoding.structured]: 'structured',
  [Encoding.manifest]: 'bytes',
};

/** What can be told of a value without reading all of it. */
export interface StoredValue {
  /** Bytes in the file, its header included. */
  readonly bytes: number;
  /** How it is encoded. */
  readonly encoding: string;
}

/** A key-value table as its bytes are: what stands under a key, before it is decoded. */
export class StoredValues {
  readonly vault: KVault<Buffer>;
  readonly #database: Database;
  readonly #table: string;

  constructor(connection: Connection, table: string) {
    this.vault = new KVault(connection, { table, autoPack: false, keyEncoding: 'bytes' });
    this.#database = connection.database;
    this.#table = quoteIdentifier(table);
  }

  /** Undefined where there is no such key. */
  look(key: string | Buffer): StoredValue | undefined {
    const blob = typeof key === 'string' ? Buffer.from(key) : key;
    // SQLite knows the length of a BLOB without reading it; its beginning is then read alone.
    const select = this.#database.prepare(`SELECT length(value) FROM main.${this.#table} WHERE key = ?`);
    const bytes = select.pluck().get(blob) as number | undefined;
    if (bytes === undefined) return undefined;
    return { bytes, encoding: bytes < HEADER_LENGTH ? 'bytes' : encodingOf(this.#start(key)) };
  }

  #start(key: string | Buffer): Buffer {
    using blob = this.vault.openBlob(key);
    return blob.read(0, HEADER_LENGTH);
  }
}

export function encodingOf(start: Uint8Array): string {
  const found = readHeader(start);
  return found ? NAMES[found.id] : 'bytes';
}
