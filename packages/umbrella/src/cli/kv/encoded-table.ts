import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  type Database,
  quoteIdentifier,
  storedValues,
  tableEncoding,
} from '@kohakuvault/core-native/internal/database';
import { type BlobHandle, KVault } from '@kohakuvault/kvault';
import { Encoding, HEADER_LENGTH, readHeader } from '@kohakuvault/packer/value';
import type { OpenedFile } from '../file/opened-file.ts';
import { size } from '../terminal/text.ts';
import { type JsonRecord, recordOf } from './json-record.ts';
import { shownKey } from './keys.ts';
import { inDefaultEncoding } from './open-table.ts';

/** The names of the encodings. */
const NAMES: Record<Encoding, string> = {
  [Encoding.raw]: 'bytes',
  [Encoding.pickle]: 'pickle',
  [Encoding.packed]: 'packed',
  [Encoding.json]: 'json',
  [Encoding.msgpack]: 'msgpack',
  [Encoding.cbor]: 'cbor',
  [Encoding.utf8]: 'text',
  [Encoding.structured]: 'structured',
  // If the parts exist, the header in the first of them is read instead.
  [Encoding.manifest]: 'damaged',
};

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
/** The longest value that fits into a JavaScript string as base64. */
const LONGEST_IN_JSON = 256 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** What the beginning of a value tells. */
export interface EncodedValue {
  /** The stored bytes, with the header. */
  readonly bytes: number;
  /** The name of the encoding. */
  readonly encoding: string;
}

/** A key-value table whose values are read and written as they are encoded. */
export class EncodedTable {
  readonly vault: KVault<Buffer, 'bytes', false>;
  readonly #select: Statement;
  /** What values without a header are. */
  readonly #bare: string;
  readonly #portable: (stored: Buffer) => Buffer;

  constructor(file: OpenedFile, table: string) {
    this.vault = new KVault(file.source, { table, autoPack: false, keyEncoding: 'bytes', ...storedValues });
    const { name } = tableEncoding(file.database, table);
    this.#bare = BARE[name] ?? name;
    this.#portable = inDefaultEncoding(file, table);
    // SQLite knows the length of a BLOB without reading it. `substr` would read all of a long one.
    this.#select = file.database.prepare(
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
    if (row.start && readHeader(row.start)?.id !== Encoding.manifest) {
      return { bytes: row.bytes ?? 0, encoding: this.#encodingOf(row.start) };
    }
    using blob = this.vault.openBlob(key);
    return { bytes: blob.size, encoding: this.#encodingOf(blob.read(0, Math.min(blob.size, HEADER_LENGTH))) };
  }

  #encodingOf(start: Uint8Array): string {
    const found = readHeader(start);
    return found && found.id !== Encoding.raw ? NAMES[found.id] : this.#bare;
  }

  /** Returns an entry as JSON. */
  record(key: Buffer): JsonRecord {
    const bytes = this.look(key)?.bytes ?? 0;
    if (bytes > LONGEST_IN_JSON) {
      throw new InvalidArgument(
        `the value of ${shownKey(key, false)} is ${size(bytes)}, which is too long for JSON; save it with get -o, ` +
          'or export to a folder',
      );
    }
    let encoded = this.vault.getOrThrow(key);
    if (readHeader(encoded)?.id === Encoding.manifest) {
      // The row holds the manifest. Only a handle joins the parts.
      using blob = this.vault.openBlob(key);
      encoded = blob.read(0, blob.size);
      if (readHeader(encoded)?.id === Encoding.manifest) {
        throw new CorruptData(`the value of ${shownKey(key, false)} is in parts, which do not exist`);
      }
    }
    return recordOf(key, this.#portable(encoded));
  }

  /**
   * Passes the bytes of a value on in pieces, whose memory is reused. Unlike a stream, it reads with the connection of
   * the command, so it sees what the command's transaction sees.
   */
  async readBytes(key: string | Buffer, write: (bytes: Buffer) => Promise<unknown>): Promise<void> {
    using blob = this.vault.openBlob(key);
    const piece = Buffer.allocUnsafeSlow(Math.min(blob.size, PIECE_BYTES));
    for (let offset = startOf(blob); offset < blob.size; ) {
      const count = blob.readInto(piece, offset);
      await write(piece.subarray(0, count));
      offset += count;
    }
  }
}

/** Returns the offset of the bytes of a value: bytes that begin like a header follow a header. */
function startOf(blob: BlobHandle): number {
  return readHeader(blob.read(0, Math.min(blob.size, HEADER_LENGTH))) ? HEADER_LENGTH : 0;
}
