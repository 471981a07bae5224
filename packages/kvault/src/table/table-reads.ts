import { Absent, type Access, type KvTable, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { HEADER_LENGTH } from '@kohakuvault/packer/value';
import type { Expiries } from '../expiry/expiries.ts';
import { type CheckedKey, toBytes } from '../keys/keys.ts';
import { NO_LIMIT, type ResolvedRange, selectionOf } from '../keys/range.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import { looksLikeManifest, MANIFEST_LENGTH } from '../values/manifest.ts';
import { memoryFor, type ValueBytes } from '../values/value-bytes.ts';
import type { PendingEntries } from './pending-entries.ts';

/**
 * The memory that short values are read into. Bytes are given to the caller as they lie there, as Node's own pool does
 * it.
 */
const POOL_BYTES = 8 * 1024;
/** Longer values get memory of their own: they would waste the rest of the pool. */
const LONG = 4 * 1024;
/** The memory that long packed values are decoded from, and that many values are read into. */
const SCRATCH_BYTES = 256 * 1024;

/** Stands for a key that does not exist: undefined can be a value's decoding, and a fallback belongs to the caller. */
export const MISSING = Symbol('missing');

let scratch: Buffer | undefined;

const EVERYTHING: ResolvedRange = { lower: undefined, upper: undefined, reverse: false, limit: NO_LIMIT };

interface Measured {
  readonly size: number;
  readonly first: Buffer;
}

function measured(stored: Buffer): Measured {
  return { size: stored.length, first: stored.subarray(0, HEADER_LENGTH) };
}

export interface ReadsSetup {
  readonly connection: Access;
  readonly rows: KvTable;
  readonly values: ValueBytes;
  readonly codec: KeyedCodec;
  readonly pending: PendingEntries;
  readonly expiries: Expiries;
  /** Notes that a key was read, if the table has limits. */
  readonly noteRead: ((key: CheckedKey) => void) | undefined;
}

/** Reads and decodes the values of one table. A pending write hides what the file has, and nothing shows an entry that has expired. */
export class TableReads {
  readonly #connection: Access;
  readonly #rows: KvTable;
  readonly #values: ValueBytes;
  readonly #codec: KeyedCodec;
  readonly #pending: PendingEntries;
  readonly #expiries: Expiries;
  readonly #noteRead: ((key: CheckedKey) => void) | undefined;
  #pool = firstPool();
  #used = 0;

  constructor({ connection, rows, values, codec, pending, expiries, noteRead }: ReadsSetup) {
    this.#connection = connection;
    this.#rows = rows;
    this.#values = values;
    this.#codec = codec;
    this.#pending = pending;
    this.#expiries = expiries;
    this.#noteRead = noteRead;
  }

  /** Prepares a read of a key. Returns whether its entry has expired. */
  hides(key: CheckedKey): boolean {
    return this.#expiries.isDue(this.#connection) && this.#expiries.hides(key);
  }

  has(key: CheckedKey): boolean {
    return !this.hides(key) && this.#rows.has(key);
  }

  /** Returns the value, or `MISSING`. */
  get(key: CheckedKey): unknown {
    if (this.hides(key)) return MISSING;
    const length = this.#rows.get(key, this.#pool, this.#used);
    if (length === Absent.missing) return MISSING;
    this.#noteRead?.(key);
    if (length < 0) return this.#uncommon(key, length);
    const start = this.#used;
    const end = start + length;
    if (this.#codec.isBare(this.#pool[start], length)) return this.#handOut(start, end);
    const stored = this.#pool.subarray(start, end);
    if (length === MANIFEST_LENGTH && looksLikeManifest(stored)) return this.#apart(key);
    const value = this.#codec.decode(stored, key);
    if (Buffer.isBuffer(value)) this.#handOut(start, end);
    return value;
  }

  /** Returns the values of many keys from one state of the file; undefined for a key that does not exist. */
  getMany(keys: readonly CheckedKey[]): unknown[] {
    return this.#connection.consistently(() => {
      const isDue = this.#expiries.isDue(this.#connection);
      const memory = borrowScratch();
      const values: unknown[] = new Array(keys.length);
      try {
        this.#rows.getMany(keys, memory, (index, start, end) => {
          const key = keys[index] as CheckedKey;
          const isThere = start !== Absent.missing && !(isDue && this.#expiries.hides(key));
          if (isThere) this.#noteRead?.(key);
          values[index] = isThere ? this.#oneOfMany(key, memory, start, end) : undefined;
        });
      } finally {
        scratch = memory;
      }
      return values;
    });
  }

  /** Returns the stored bytes of a value, in memory of their own. */
  stored(key: CheckedKey): Buffer | undefined {
    const pending = this.#pending.get(key);
    return pending ? pending.value : this.#values.readAll(toBytes(key));
  }

  /** The number of keys. */
  get size(): number {
    return this.#connection.consistently(() => {
      const hidden = this.#countHidden(EVERYTHING);
      const count = this.#connection.query<number>(`SELECT count(*) FROM main.${quoteIdentifier(this.#values.table)}`, {
        pluck: true,
      });
      return (this.#connection.read(() => count.get()) ?? 0) + this.#pending.surplus(EVERYTHING) - hidden;
    });
  }

  /** Counts the keys of a range, without reading values. Counts no further than its limit. */
  count(range: ResolvedRange): number {
    return this.#connection.consistently(() => {
      const { sql, parameters } = selectionOf(range);
      const rows = `FROM main.${quoteIdentifier(this.#values.table)} WHERE ${sql}`;
      const hidden = this.#countHidden(range);
      // Each pending write may delete a key of the file.
      const enough = range.limit + this.#pending.count + hidden;
      const isLimited = enough < Number.MAX_SAFE_INTEGER;
      const count = this.#connection.query<number>(
        isLimited ? `SELECT count(*) FROM (SELECT 1 ${rows} LIMIT ?)` : `SELECT count(*) ${rows}`,
        { pluck: true },
      );
      const stored = this.#connection.read(() => count.get(...parameters, ...(isLimited ? [enough] : []))) ?? 0;
      return Math.min(range.limit, stored + this.#pending.surplus(range) - hidden);
    });
  }

  /** Returns the length of a value without its header; undefined if the key does not exist. Reads only its beginning. */
  sizeOf(key: CheckedKey): number | undefined {
    return this.#connection.consistently(() => {
      if (this.hides(key)) return undefined;
      const pending = this.#pending.get(key);
      const stored = pending ? pending.value && measured(pending.value) : this.#measure(toBytes(key));
      return stored && stored.size - this.#codec.headerLength(stored.first);
    });
  }

  #countHidden(range: ResolvedRange): number {
    return this.#expiries.isDue(this.#connection) ? this.#expiries.countHidden(range) : 0;
  }

  /** Returns the length of a value in the file, and its first bytes. */
  #measure(key: Buffer): Measured | undefined {
    const extent = this.#values.extentOf(key);
    if (extent === undefined) return undefined;
    const first = Buffer.alloc(Math.min(extent.size, HEADER_LENGTH));
    this.#values.read(key, extent, first, 0);
    return { size: extent.size, first };
  }

  #oneOfMany(key: CheckedKey, memory: Buffer, start: number, end: number): unknown {
    const isApart = start < 0 || (end - start === MANIFEST_LENGTH && looksLikeManifest(memory.subarray(start, end)));
    if (!isApart) return this.#codec.decodeFrom(memory, start, end, key);
    const value = this.get(key);
    return value === MISSING ? undefined : value;
  }

  /** Returns bytes of the pool, which belong to the caller from then on. */
  #handOut(start: number, end: number): Buffer {
    const given = this.#pool.subarray(start, end);
    // The next bytes begin at a multiple of eight, so that a view of wider numbers can be made of them.
    this.#used = (end + 7) & ~7;
    if (this.#used >= this.#pool.length) this.#renewPool();
    return given;
  }

  #renewPool(): void {
    this.#pool = newPool();
    this.#used = 0;
  }

  /** Returns what `get` of the table has not copied into the pool. */
  #uncommon(key: CheckedKey, reason: number): unknown {
    if (reason === Absent.apart) return this.#apart(key);
    const length = this.#rows.longLength;
    const isBare = this.#codec.isBare(this.#pool[this.#used], length);
    if (length <= LONG) {
      // Only the end of the pool was too short. The first byte means nothing if not even one was left.
      this.#rows.dropLong();
      this.#renewPool();
      return this.get(key);
    }
    if (isBare || length > SCRATCH_BYTES) return this.#codec.decode(this.#takeLong(length), key);
    const memory = borrowScratch();
    try {
      this.#rows.takeLong(memory);
      return this.#codec.decodeFrom(memory, 0, length, key);
    } finally {
      scratch = memory;
    }
  }

  /** Returns the value that was too long, in memory of its own. */
  #takeLong(length: number): Buffer {
    let memory: Buffer;
    try {
      memory = memoryFor(length, this.#values.table);
    } catch (error) {
      this.#rows.dropLong();
      throw error;
    }
    this.#rows.takeLong(memory);
    return memory;
  }

  /** Returns a value in parts, or one longer than a statement may return. */
  #apart(key: CheckedKey): unknown {
    const stored = this.stored(key);
    return stored === undefined ? MISSING : this.#codec.decode(stored, key);
  }
}

/**
 * Returns a piece of Node's own pool, whose memory cannot be transferred to another thread either. A process that reads
 * only a few values then need not load what threads need.
 */
function firstPool(): Buffer {
  // Node does not take buffers from its pool that are half as long as the pool, or longer.
  const pooled = Math.max(0, (Buffer.poolSize >>> 1) - 8);
  const pool = Buffer.allocUnsafe(Math.min(POOL_BYTES, pooled));
  const isPiece = pool.length < pool.buffer.byteLength;
  return isPiece ? pool : newPool();
}

/**
 * Returns memory that several values share when they are given to callers, so it must not be transferred to another
 * thread.
 */
function newPool(): Buffer {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  process.getBuiltinModule('node:worker_threads').markAsUntransferable(pool.buffer);
  return pool;
}

/** Returns the scratch memory, or new memory while that is in use, as by a getter that runs during decoding. */
function borrowScratch(): Buffer {
  const memory = scratch ?? Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  scratch = undefined;
  return memory;
}
