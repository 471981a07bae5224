import { Mark, nativeCore } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import type { CheckedKey } from '../keys/keys.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import { looksLikeManifest, MANIFEST_LENGTH } from '../values/manifest.ts';
import { memoryFor, type StoredValues } from '../values/stored-values.ts';
import type { PendingEntries } from './pending-entries.ts';

/** What short values are read into: bytes among them are given away as they lie here, as Node's own pool does it. */
const POOL_BYTES = 8 * 1024;
/** Longer values are not taken from the pool: the rest of it would be wasted. */
const LONG = 4 * 1024;
/** The memory that long packed values are decoded from, and many values are read into. */
const SCRATCH_BYTES = 256 * 1024;

/** What stands for a key that does not exist: undefined is a value's decoding at times, and a fallback is the caller's. */
export const MISSING = Symbol('missing');

let scratch: Buffer | undefined;

export interface ReadsSetup {
  readonly connection: Access;
  /** What the core knows the table by. */
  readonly number: number;
  readonly values: StoredValues;
  readonly codec: KeyedCodec;
  readonly pending: PendingEntries;
}

/** Reads and decodes the values of one table: what is pending, and behind it what is in the file. */
export class StoredReads {
  readonly #connection: Access;
  readonly #number: number;
  readonly #values: StoredValues;
  readonly #codec: KeyedCodec;
  readonly #pending: PendingEntries;
  readonly #binding = nativeCore().binding;
  #pool = firstPool();
  #used = 0;

  constructor({ connection, number, values, codec, pending }: ReadsSetup) {
    this.#connection = connection;
    this.#number = number;
    this.#values = values;
    this.#codec = codec;
    this.#pending = pending;
  }

  has(key: CheckedKey): boolean {
    this.#connection.touch();
    return this.#binding.kvHas(this.#connection.handle, this.#number, key);
  }

  get(key: CheckedKey): unknown {
    this.#connection.touch();
    const { handle } = this.#connection;
    const length = this.#binding.kvGet(handle, this.#number, key, this.#pool, this.#used);
    if (length < 0) return this.#uncommon(key, length);
    const start = this.#used;
    const end = start + length;
    if (this.#codec.isBare(this.#pool[start], length)) return this.#give(start, end);
    const stored = this.#pool.subarray(start, end);
    if (length === MANIFEST_LENGTH && looksLikeManifest(stored)) return this.#apart(key);
    const value = this.#codec.decode(stored, key);
    if (value instanceof Buffer) this.#give(start, end);
    return value;
  }

  /** The values of many keys; where a key does not exist, undefined. To be called inside a snapshot. */
  getMany(keys: readonly CheckedKey[]): unknown[] {
    this.#connection.touch();
    const { handle } = this.#connection;
    const memory = borrowScratch();
    const values: unknown[] = new Array(keys.length);
    try {
      for (let next = 0; next < keys.length; ) {
        const end = next + this.#binding.kvGetMany(handle, this.#number, keys, next, memory);
        for (let at = 0; next < end; next++) {
          const length = memory.readUInt32LE(at);
          const key = keys[next] as CheckedKey;
          at += 4;
          values[next] = this.#oneOfMany(key, memory, at, length);
          if (length < Mark.foreignKey) at += length;
        }
      }
    } finally {
      scratch = memory;
    }
    return values;
  }

  /** The stored bytes of a value, in memory of their own. */
  stored(key: CheckedKey): Buffer | undefined {
    const pending = this.#pending.get(key);
    return pending ? pending.value : this.#values.readAll(bytesOf(key));
  }

  #oneOfMany(key: CheckedKey, memory: Buffer, start: number, length: number): unknown {
    if (length === Mark.none) return undefined;
    const end = start + length;
    const isApart =
      length >= Mark.foreignKey || (length === MANIFEST_LENGTH && looksLikeManifest(memory.subarray(start, end)));
    if (!isApart) return this.#codec.decodeFrom(memory, start, end, key);
    const value = this.get(key);
    return value === MISSING ? undefined : value;
  }

  /** Bytes of the pool, which from now on are the caller's. */
  #give(start: number, end: number): Buffer {
    const given = this.#pool.subarray(start, end);
    // Eight by eight, so that a view of other numbers can be made of them.
    this.#used = (end + 7) & ~7;
    if (this.#used >= this.#pool.length) this.#renewPool();
    return given;
  }

  #renewPool(): void {
    this.#pool = newPool();
    this.#used = 0;
  }

  /** What did not fit the pool, is not there, or is no bytes. */
  #uncommon(key: CheckedKey, result: number): unknown {
    if (result === -1) return MISSING;
    if (result === -2) return this.#apart(key);
    const length = -3 - result;
    const isBare = this.#codec.isBare(this.#pool[this.#used], length);
    if (length <= LONG) {
      // Only the end of the pool was too short for it. Its beginning tells nothing where not even one byte was left.
      this.#leave();
      this.#renewPool();
      return this.get(key);
    }
    if (isBare || length > SCRATCH_BYTES) return this.#codec.decode(this.#take(length), key);
    const memory = borrowScratch();
    try {
      this.#binding.kvTake(this.#connection.handle, this.#number, memory);
      return this.#codec.decodeFrom(memory, 0, length, key);
    } finally {
      scratch = memory;
    }
  }

  /** The value that waits, in memory of its own. */
  #take(length: number): Buffer {
    const { handle } = this.#connection;
    let memory: Buffer | undefined;
    try {
      memory = memoryFor(length, this.#values.table);
    } finally {
      this.#binding.kvTake(handle, this.#number, memory ?? NOTHING);
    }
    return memory;
  }

  #leave(): void {
    this.#binding.kvTake(this.#connection.handle, this.#number, NOTHING);
  }

  /** A value in parts, or one longer than a statement may return. */
  #apart(key: CheckedKey): unknown {
    const stored = this.stored(key);
    return stored === undefined ? MISSING : this.#codec.decode(stored, key);
  }
}

/**
 * A piece of Node's own pool, which nobody may hand over to another thread either: who reads a few values only need not
 * load what threads need.
 */
function firstPool(): Buffer {
  // Buffers of half its pool's size and more Node does not take from the pool.
  const pooled = Math.max(0, (Buffer.poolSize >>> 1) - 8);
  const pool = Buffer.allocUnsafe(Math.min(POOL_BYTES, pooled));
  const isPiece = pool.length < pool.buffer.byteLength;
  return isPiece ? pool : newPool();
}

/** Memory that several values are given away in, so nobody may hand it over to another thread. */
function newPool(): Buffer {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  process.getBuiltinModule('node:worker_threads').markAsUntransferable(pool.buffer);
  return pool;
}

const NOTHING = Buffer.alloc(0);

/** Memory that is used again; another while it is in use, as by a decoded getter. */
function borrowScratch(): Buffer {
  const memory = scratch ?? Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  scratch = undefined;
  return memory;
}

function bytesOf(key: CheckedKey): Buffer {
  return Buffer.from(key as string);
}
