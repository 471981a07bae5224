import { CorruptData, detailOf, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access, BlobSite } from '@kohakuvault/core-native/internal/database';
import { type Key, showKey } from '../keys/keys.ts';
import { looksLikeManifest, MANIFEST_LENGTH, type Manifest, readManifest } from './manifest.ts';
import { hasPartsTable, partsTableOf } from './parts-table.ts';

const { constants } = process.getBuiltinModule('node:buffer');

/** How long a value is, and its manifest if its bytes are in parts rather than in its row. */
export interface Extent {
  readonly size: number;
  readonly manifest: Manifest | undefined;
}

/** The stored bytes of one table's values, read and written by ranges, in rows or in parts. Keys are bytes. */
export class ValueBytes {
  readonly connection: Access;
  readonly table: string;
  /** The values as they are in their rows. */
  readonly rows: BlobSite;
  /** Called when a value has been written in parts, with its length. */
  onParts: ((key: Buffer, size: number) => void) | undefined;
  #parts: BlobSite | undefined;

  constructor(connection: Access, table: string) {
    this.connection = connection;
    this.table = table;
    this.rows = connection.blobs({ table, column: 'value', key: 'key' });
  }

  /** The parts. The table that holds them must exist. */
  get parts(): BlobSite {
    this.#parts ??= this.connection.blobs({
      table: partsTableOf(this.table),
      column: 'data',
      key: ['key', 'id', 'part'],
    });
    return this.#parts;
  }

  /**
   * Returns undefined without such a key. A value that looks like a manifest, but has no parts, is an ordinary value.
   */
  extentOf(key: Buffer): Extent | undefined {
    const size = this.#sizeOf(key);
    if (size === undefined) return undefined;
    const manifest = size === MANIFEST_LENGTH ? this.#manifestOf(key) : undefined;
    if (manifest) {
      const what = () => `the value of ${showKey(key)} in ${this.table}`;
      this.connection.shared.untrusted?.checkStored(manifest.size, what);
    }
    return { size: manifest?.size ?? size, manifest };
  }

  /** Fills the target from the value's byte `offset` on. Returns how many bytes there were. */
  read(key: Buffer, { size, manifest }: Extent, target: Uint8Array, offset: number): number {
    if (!manifest) return this.rows.read(key, target, offset);
    const count = Math.max(0, Math.min(target.length, size - offset));
    for (const piece of piecesOf(manifest, offset, count)) {
      const place = target.subarray(piece.from, piece.from + piece.length);
      this.parts.read(this.#wholePart(key, manifest, piece), place, piece.offset);
    }
    return count;
  }

  /** Overwrites the value from `offset` on. Refuses bytes that would reach past its end. */
  write(key: Buffer, { manifest }: Extent, source: Uint8Array, offset: number): void {
    if (!manifest) {
      this.rows.write(key, source, offset);
      return;
    }
    this.connection.transaction(() => {
      for (const piece of piecesOf(manifest, offset, source.length)) {
        const bytes = source.subarray(piece.from, piece.from + piece.length);
        this.parts.write(this.#wholePart(key, manifest, piece), bytes, piece.offset);
      }
    });
  }

  /** Returns all bytes of a value, from one state of the file. */
  readAll(key: Buffer): Buffer | undefined {
    return this.connection.snapshot(() => {
      const extent = this.extentOf(key);
      if (!extent) return undefined;
      const bytes = memoryFor(extent.size, this.table);
      this.read(key, extent, bytes, 0);
      return bytes;
    });
  }

  #sizeOf(key: Buffer): number | undefined {
    try {
      return this.rows.size(key);
    } catch (error) {
      throw detailOf(error) === 'no-bytes' ? notBytes(key, this.table) : error;
    }
  }

  /** Returns the key of the part that a piece lies in. Refuses a part that is missing or too short. */
  #wholePart(key: Buffer, { id }: Manifest, { part, offset, length }: Piece): [Buffer, Buffer, number] {
    const partKey: [Buffer, Buffer, number] = [key, id, part];
    if ((this.parts.size(partKey) ?? 0) < offset + length) {
      throw new CorruptData(
        `part ${part} of the value of ${showKey(key)} in ${this.table} is missing or too short; ` +
          'restore a backup, or set the key again',
      );
    }
    return partKey;
  }

  #manifestOf(key: Buffer): Manifest | undefined {
    const stored = Buffer.alloc(MANIFEST_LENGTH);
    this.rows.read(key, stored);
    if (!looksLikeManifest(stored) || !hasPartsTable(this.connection, this.table)) return undefined;
    const manifest = readManifest(stored);
    return manifest && this.parts.size([key, manifest.id, 0]) !== undefined ? manifest : undefined;
  }
}

function notBytes(key: Key, table: string): CorruptData {
  return new CorruptData(
    `the value of ${showKey(key)} in ${table} is NULL or a number, written by another program; ` +
      'a vault stores bytes. Set the key again',
  );
}

/** The bytes of a range that lie in one part. */
interface Piece {
  readonly part: number;
  /** The position in the part. */
  readonly offset: number;
  /** The position in the range. */
  readonly from: number;
  readonly length: number;
}

/** Cuts a range at the ends of the parts. */
function* piecesOf({ partLength }: Manifest, offset: number, length: number): Generator<Piece> {
  for (let from = 0; from < length; ) {
    const at = offset + from;
    const inPart = at % partLength;
    const count = Math.min(length - from, partLength - inPart);
    yield { part: Math.floor(at / partLength), offset: inPart, from, length: count };
    from += count;
  }
}

/** Returns memory for a value. If there is not enough, the error says how to read the value without it. */
export function memoryFor(size: number, table: string): Buffer {
  try {
    if (size <= constants.MAX_LENGTH) return Buffer.allocUnsafeSlow(size);
  } catch {
    // As below.
  }
  throw new InvalidArgument(
    `a value of ${size} bytes in ${table} does not fit the memory; ` +
      'read it with createReadStream, getToFile or openBlob',
  );
}
