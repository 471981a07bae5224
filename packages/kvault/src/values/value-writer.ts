import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { encodeManifest, type Manifest } from './manifest.ts';
import { makePartsTable, partsTableOf } from './parts-table.ts';
import { randomBytes } from './random-bytes.ts';
import type { ValueBytes } from './value-bytes.ts';

/** The length of a part: short enough to fill within a small page cache, long enough that parts are few. */
const PART_LENGTH = 1024 * 1024;

/** Appends the bytes of a value, piece by piece. */
export interface ValueWriter {
  append(bytes: Uint8Array): void;
}

/**
 * Replaces the value of a key by `size` bytes, which the body appends. They go into the row, or into parts if they are
 * more than `maxBlobBytes`. Call it inside a transaction.
 */
export function writeValue(
  values: ValueBytes,
  key: Buffer,
  { size, maxBlobBytes }: { size: number; maxBlobBytes: number },
  body: (writer: ValueWriter) => void,
): void {
  if (size <= maxBlobBytes) {
    // Not an upsert: `excluded` would hold all the zeros in memory.
    putRow(values, key, size);
    values.rows.writing(() => body(new RowWriter(values, key)));
    return;
  }
  makePartsTable(values.connection, values.table);
  const manifest = newManifest(size, maxBlobBytes);
  values.parts.writing(() => body(new PartsWriter(values, key, manifest)));
  putRow(values, key, encodeManifest(manifest));
  values.onParts?.(key, size);
}

/** Returns the manifest for a value that is about to be written in parts. */
export function newManifest(size: number, maxBlobBytes: number): Manifest {
  return { size, partLength: Math.min(PART_LENGTH, maxBlobBytes), id: randomBytes(16) };
}

class RowWriter implements ValueWriter {
  readonly #values: ValueBytes;
  readonly #key: Buffer;
  #done = 0;

  constructor(values: ValueBytes, key: Buffer) {
    this.#values = values;
    this.#key = key;
  }

  append(bytes: Uint8Array): void {
    this.#values.rows.write(this.#key, bytes, this.#done);
    this.#done += bytes.length;
  }
}

/** Creates each part when its first byte comes, so that it is still in the page cache when it is filled. */
class PartsWriter implements ValueWriter {
  readonly #values: ValueBytes;
  readonly #key: Buffer;
  readonly #manifest: Manifest;
  /** Creates a part of so many zeros. */
  readonly #makePart: (part: number, length: number) => void;
  #done = 0;

  constructor(values: ValueBytes, key: Buffer, manifest: Manifest) {
    this.#values = values;
    this.#key = key;
    this.#manifest = manifest;
    const { connection, table } = values;
    const insert = connection.statement(
      `INSERT INTO main.${quoteIdentifier(partsTableOf(table))} (key, id, part, data) VALUES (?, ?, ?, zeroblob(?))`,
    );
    this.#makePart = (part, length) => connection.write(() => insert.run(key, manifest.id, part, length));
  }

  append(bytes: Uint8Array): void {
    const { parts } = this.#values;
    const { id, partLength, size } = this.#manifest;
    for (let from = 0; from < bytes.length; ) {
      const part = Math.floor(this.#done / partLength);
      const offset = this.#done % partLength;
      if (offset === 0) {
        this.#makePart(part, Math.min(partLength, size - this.#done));
      }
      const piece = bytes.subarray(from, from + partLength - offset);
      parts.write([this.#key, id, part], piece, offset);
      from += piece.length;
      this.#done += piece.length;
    }
  }
}

/** Sets what is in the row of a key: these bytes, or so many zeros. */
export function putRow({ connection, table }: ValueBytes, key: Buffer, value: Buffer | number): void {
  const name = `main.${quoteIdentifier(table)}`;
  const given = typeof value === 'number' ? 'zeroblob(?)' : '?';
  connection.write(() => {
    const { changes } = connection.statement(`UPDATE ${name} SET value = ${given} WHERE key = ?`).run(value, key);
    if (changes === 0) {
      connection.statement(`INSERT INTO ${name} (key, value) VALUES (?, ${given})`).run(key, value);
    }
  });
}
