import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import { storedValues } from '@kohakuvault/core-native/internal/database';
import { type BlobHandle, KVault } from '@kohakuvault/kvault';
import { type EncodedValue, StoredLook } from '@kohakuvault/kvault/inspect';
import { Encoding, HEADER_LENGTH, readHeader } from '@kohakuvault/packer/value';
import type { OpenedFile } from '../file/opened-file.ts';
import { size } from '../terminal/text.ts';
import { type JsonRecord, recordOf } from './json-record.ts';
import { shownKey } from './keys.ts';
import { inDefaultEncoding } from './open-table.ts';

/** The longest value that fits into a JavaScript string as base64. */
const LONGEST_IN_JSON = 256 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** A key-value table whose values are read and written as they are encoded. */
export class EncodedTable {
  readonly vault: KVault<Buffer, 'bytes', false>;
  readonly #look: StoredLook;
  readonly #portable: (stored: Buffer) => Buffer;

  constructor(file: OpenedFile, table: string) {
    this.vault = new KVault(file.source, { table, autoPack: false, keyEncoding: 'bytes', ...storedValues });
    this.#portable = inDefaultEncoding(file, table);
    this.#look = new StoredLook(file.database, table, this.vault, { Encoding, HEADER_LENGTH, readHeader });
  }

  /** Returns the size and the encoding of a value. Undefined if the key does not exist. */
  look(key: string | Buffer): EncodedValue | undefined {
    return this.#look.look(key);
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
