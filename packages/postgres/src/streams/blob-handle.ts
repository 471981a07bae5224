import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import {
  type AsyncBlobHandle,
  type BlobOptions,
  checkBlobOptions,
  checkWhole,
  chunkBytes,
  frontLength,
  type Key,
  missing,
  replaced,
} from '@kohakuvault/kvault/internal';
import { HEADER_LENGTH } from '@kohakuvault/packer/value';
import { type LongValue, writeParts } from '../kvault/long-values.ts';
import { PART_BYTES } from '../kvault/options.ts';
import type { VaultContext } from '../kvault/vault-context.ts';
import { ValueInParts } from './stored-value.ts';
import { checkStream, type StreamKey, streamKey } from './stream-key.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

/** Opens a bytes value for random access. */
export async function openBlob(
  context: VaultContext,
  key: Key | StreamKey,
  given: BlobOptions | undefined,
): Promise<AsyncBlobHandle> {
  const source = streamKey(key);
  const { writable = false } = checkBlobOptions(given);
  checkStream(context, 'openBlob', writable ? 'write' : 'read');
  await context.ready();
  const place = writable ? await placeInParts(context, source) : await placeOf(context, source);
  return new PostgresBlobHandle(context, source, place, writable);
}

/** Bytes that are read and written by their position among the stored ones. */
interface Place {
  /** The number of stored bytes. */
  readonly size: number;
  /** How many of them come before the value. */
  readonly front: number;
  read(start: number, end: number): Promise<Buffer>;
  write(source: Buffer, start: number): Promise<void>;
}

async function placeOf(context: VaultContext, key: StreamKey): Promise<Place> {
  const { executor, sql } = context;
  const { rows } = await executor.read((session) => session.query(sql.getRow, [key.bytes]));
  const row = rows[0] as [Buffer, string | null, number | null] | undefined;
  if (!row) throw missing(context, key);
  const [value, id, size] = row;
  if (id !== null && size !== null) return await partsPlace(context, key, { id, size });
  // The row tells whether it still has the value.
  const digest = createHash('md5').update(value).digest('hex');
  return {
    size: value.length,
    front: frontLength(context, key, value),
    async read(start, end) {
      const { rows } = await executor.read((session) =>
        session.query(sql.pieceOfRow, [key.bytes, start + 1, end - start, digest]),
      );
      const bytes = rows[0]?.[0] as Buffer | undefined;
      if (!bytes) throw replaced(context, key);
      return bytes;
    },
    async write() {},
  };
}

/** Moves a value into parts, where bytes in the middle can be written without the rest. */
async function placeInParts(context: VaultContext, key: StreamKey): Promise<Place> {
  const { executor, sql } = context;
  const found = await executor.atomically(async (session): Promise<LongValue | undefined> => {
    const { rows } = await session.query(sql.getForUpdate, [key.bytes]);
    const row = rows[0] as [Buffer, string | null, number | null] | undefined;
    if (!row) return undefined;
    const [value, id, size] = row;
    if (id !== null && size !== null) return { id, size };
    frontLength(context, key, value);
    const moved = await writeParts(session, sql, key.bytes, value);
    await session.query(sql.moveToParts, [key.bytes, moved.id, moved.size]);
    return moved;
  });
  if (!found) throw missing(context, key);
  return await partsPlace(context, key, found);
}

async function partsPlace(context: VaultContext, key: StreamKey, { id, size }: LongValue): Promise<Place> {
  const { executor, sql } = context;
  const parts = new ValueInParts(context, key, { id, size }, 'while it lives');
  return {
    size,
    front: frontLength(context, key, await parts.piece(0, Math.min(size, HEADER_LENGTH))),
    read: (start, end) => parts.piece(start, end),
    async write(source, start) {
      await executor.atomically(async (session) => {
        for (let at = 0; at < source.length; ) {
          const part = Math.floor((start + at) / PART_BYTES);
          const offset = start + at - part * PART_BYTES;
          const piece = source.subarray(at, at + PART_BYTES - offset);
          const { count } = await session.query(sql.overwritePart, [key.bytes, id, part, offset + 1, piece]);
          if (count === 0) throw replaced(context, key);
          at += piece.length;
        }
      });
    },
  };
}

class PostgresBlobHandle implements AsyncBlobHandle {
  readonly size: number;
  readonly #context: VaultContext;
  readonly #key: StreamKey;
  readonly #place: Place;
  readonly #writable: boolean;
  #open = true;

  constructor(context: VaultContext, key: StreamKey, place: Place, writable: boolean) {
    this.size = place.size - place.front;
    this.#context = context;
    this.#key = key;
    this.#place = place;
    this.#writable = writable;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    this.#use();
    checkWhole('offset', offset);
    checkWhole('length', length);
    const start = Math.min(offset, this.size);
    const end = Math.min(this.size, start + length);
    const { front } = this.#place;
    return await this.#place.read(front + start, front + end);
  }

  async readInto(target: ArrayBuffer | ArrayBufferView, offset: number): Promise<number> {
    const memory = chunkBytes(target, 'the target');
    return (await this.read(offset, memory.length)).copy(memory);
  }

  async write(offset: number, bytes: ArrayBuffer | ArrayBufferView): Promise<number> {
    this.#use();
    checkWhole('offset', offset);
    // A copy: the caller may change the bytes before they are sent.
    const source = Buffer.from(chunkBytes(bytes, 'the source'));
    if (!this.#writable) {
      throw new KohakuVaultError(`the handle on ${this.#key.shown} is readonly; open it with { writable: true }`, {
        code: 'KV_READONLY',
      });
    }
    if (offset + source.length > this.size) {
      throw new InvalidArgument(
        `bytes ${offset} to ${offset + source.length} do not fit the value, which has ${this.size} bytes; ` +
          'use set or putFile to change its length',
      );
    }
    await this.#place.write(source, this.#place.front + offset);
    return source.length;
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #use(): void {
    if (this.#open && this.#context.open) return;
    throw new KohakuVaultError(`the handle on ${this.#key.shown} is closed; open it again`, { code: 'KV_CLOSED' });
  }
}
