import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, type Database, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { type BlobHandle, KVault } from '@kohakuvault/kvault';
import { Encoding, HEADER_LENGTH, readHeader } from '@kohakuvault/packer/value';
import { size } from '../terminal/text.ts';
import { type JsonRecord, recordOf } from './json-record.ts';
import { shownKey } from './keys.ts';

const NAMES: Record<Encoding, string> = {
  [Encoding.raw]: 'bytes',
  [Encoding.pickle]: 'pickle',
  [Encoding.packed]: 'packed',
  [Encoding.json]: 'json',
  [Encoding.msgpack]: 'msgpack',
  [Encoding.cbor]: 'cbor',
  [Encoding.utf8]: 'text',
  [Encoding.structured]: 'structured',
  // Where the parts are there, it is the beginning of what they are that is looked at.
  [Encoding.manifest]: 'damaged',
};

type Statement = ReturnType<Database['prepare']>;

interface Row {
  type: string;
  /** Null of NULL. */
  bytes: number | null;
  /** Of a short value. */
  start: Buffer | null;
}

const SHORT_BYTES = 4_096;
/** Base64 of more would not fit into a string of JavaScript. */
const LONGEST_IN_JSON = 256 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** What can be told of a value without reading all of it. */
export interface StoredValue {
  /** Bytes that are stored, a header included. */
  readonly bytes: number;
  /** How it is encoded. */
  readonly encoding: string;
}

/** A key-value table as its bytes are: what stands under a key, before it is decoded. */
export class StoredValues {
  readonly vault: KVault<Buffer, 'bytes'>;
  readonly #select: Statement;

  constructor(connection: Connection, table: string) {
    this.vault = new KVault(connection, { table, autoPack: false, keyEncoding: 'bytes' });
    // SQLite knows the length of a BLOB without reading it; of a long one `substr` would read everything.
    this.#select = connection.database.prepare(
      `SELECT typeof(value) AS type, length(value) AS bytes,
          CASE WHEN length(value) <= ${SHORT_BYTES} THEN substr(value, 1, ${HEADER_LENGTH}) END AS start
        FROM main.${quoteIdentifier(table)} WHERE key = ?`,
    );
  }

  /** Undefined where there is no such key. Reads the value's beginning only. */
  look(key: string | Buffer): StoredValue | undefined {
    const row = this.#select.get(Buffer.from(key)) as Row | undefined;
    if (!row) return undefined;
    if (row.type !== 'blob') return { bytes: row.bytes ?? 0, encoding: 'damaged' };
    if (row.start && readHeader(row.start)?.id !== Encoding.manifest) {
      return { bytes: row.bytes ?? 0, encoding: encodingOf(row.start) };
    }
    using blob = this.vault.openBlob(key);
    return { bytes: blob.size, encoding: encodingOf(blob.read(0, Math.min(blob.size, HEADER_LENGTH))) };
  }

  /** An entry as JSON. */
  record(key: Buffer): JsonRecord {
    const bytes = this.look(key)?.bytes ?? 0;
    if (bytes > LONGEST_IN_JSON) {
      throw new InvalidArgument(
        `the value of ${shownKey(key, false)} is ${size(bytes)}, too long for JSON: save it with get -o, or export to a folder`,
      );
    }
    let stored = this.vault.getOrThrow(key);
    if (readHeader(stored)?.id === Encoding.manifest) {
      // As it is stored it is the manifest; what it stands for only a handle puts together.
      using blob = this.vault.openBlob(key);
      stored = blob.read(0, blob.size);
      if (readHeader(stored)?.id === Encoding.manifest) {
        throw new CorruptData(`the value of ${shownKey(key, false)} is in parts that are not there`);
      }
    }
    return recordOf(key, stored);
  }

  /**
   * Hands on the bytes of a value that is bytes, a piece at a time, in memory that is used again. Unlike a stream it reads by
   * the connection of the command, and so what the command's transaction sees.
   */
  async readBytes(key: string | Buffer, take: (bytes: Buffer) => Promise<unknown>): Promise<void> {
    using blob = this.vault.openBlob(key);
    const piece = Buffer.allocUnsafeSlow(Math.min(blob.size, PIECE_BYTES));
    for (let offset = startOf(blob); offset < blob.size; ) {
      const count = blob.readInto(piece, offset);
      await take(piece.subarray(0, count));
      offset += count;
    }
  }
}

/** Where the bytes of a value that is bytes begin: those that begin like a header stand behind one. */
function startOf(blob: BlobHandle): number {
  return readHeader(blob.read(0, Math.min(blob.size, HEADER_LENGTH))) ? HEADER_LENGTH : 0;
}

function encodingOf(start: Uint8Array): string {
  const found = readHeader(start);
  return found ? NAMES[found.id] : 'bytes';
}
