import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access, BlobSite } from '@kohakuvault/core-native/internal/database';
import { type Key, showKey } from '../keys/keys.ts';
import { looksLikeManifest, MANIFEST_LENGTH, type Manifest, readManifest } from './manifest.ts';
import { hasPartsTable, partsTableOf } from './parts-table.ts';

const { constants } = process.getBuiltinModule('node:buffer');

/** Where a value's stored bytes are: in its row, or in the parts that the manifest there tells of. */
export interface Extent {
  readonly size: number;
  readonly manifest: Manifest | undefined;
}

/** The stored bytes of one table's values by ranges, wherever they are. Keys are bytes. */
export class StoredValues {
  readonly connection: Access;
  readonly table: string;
  /** The values as they stand in their rows. */
  readonly rows: BlobSite;
  #parts: BlobSite | undefined;

  constructor(connection: Access, table: string) {
    this.connection = connection;
    this.table = table;
    this.rows = connection.blobs({ table, column: 'value', key: 'key' });
  }

  /** The parts; the table that holds them must be there. */
  get parts(): BlobSite {
    this.#parts ??= this.connection.blobs({
      table: partsTableOf(this.table),
      column: 'data',
      key: ['key', 'id', 'part'],
    });
    return this.#parts;
  }

  /** Undefined without such a key. Bytes that only look like a manifest, for want of parts, are what they are. */
  extentOf(key: Buffer): Extent | undefined {
    const size = this.#sizeOf(key);
    if (size === undefined) return undefined;
    const manifest = size === MANIFEST_LENGTH ? this.#manifestOf(key) : undefined;
    return { size: manifest?.size ?? size, manifest };
  }

  /** Fills `target` from `offset` on; how many bytes there were. */
  read(key: Buffer, { size, manifest }: Extent, target: Uint8Array, offset: number): number {
    if (!manifest) return this.rows.read(key, target, offset);
    const count = Math.max(0, Math.min(target.length, size - offset));
    for (const piece of piecesOf(manifest, offset, count)) {
      const place = target.subarray(piece.from, piece.from + piece.length);
      this.parts.read(this.#wholePart(key, manifest, piece), place, piece.offset);
    }
    return count;
  }

  /** Overwrites from `offset` on; what would reach past the end is refused. */
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

  /** All bytes of a value, from one state of the file. */
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
      if (!(error instanceof CorruptData) || !error.message.includes(NO_BYTES)) throw error;
      throw noBytes(key, this.table);
    }
  }

  /** The key of the part that a piece lies in, which must be there and reach that far. */
  #wholePart(key: Buffer, { id }: Manifest, { part, offset, length }: Piece): [Buffer, Buffer, number] {
    const partKey: [Buffer, Buffer, number] = [key, id, part];
    if ((this.parts.size(partKey) ?? 0) < offset + length) {
      throw new CorruptData(`part ${part} of the value of ${showKey(key)} in ${this.table} is missing or too short`);
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

/** What the core says of a value that has none. */
const NO_BYTES = 'no bytes are stored there';

function noBytes(key: Key, table: string): CorruptData {
  return new CorruptData(
    `the value of ${showKey(key)} in ${table} is NULL or a number; a vault keeps bytes: another program wrote it, set the key anew`,
  );
}

interface Piece {
  readonly part: number;
  /** Where it begins in its part. */
  readonly offset: number;
  /** Where it begins in the range. */
  readonly from: number;
  readonly length: number;
}

/** A range, cut where a part ends. */
function* piecesOf({ partLength }: Manifest, offset: number, length: number): Generator<Piece> {
  for (let from = 0; from < length; ) {
    const at = offset + from;
    const inPart = at % partLength;
    const count = Math.min(length - from, partLength - inPart);
    yield { part: Math.floor(at / partLength), offset: inPart, from, length: count };
    from += count;
  }
}

/** Memory for a value, or what to do where there is not enough of it. */
export function memoryFor(size: number, table: string): Buffer {
  try {
    if (size <= constants.MAX_LENGTH) return Buffer.allocUnsafeSlow(size);
  } catch {
    // As below.
  }
  throw new InvalidArgument(
    `a value of ${size} bytes in ${table} does not fit the memory: read it with createReadStream, getToFile or openBlob`,
  );
}
