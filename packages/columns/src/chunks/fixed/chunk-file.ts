import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ChunkDamage } from '../../tables/chunk-damage.ts';
import type { FixedTables } from '../../tables/fixed-tables.ts';
import { chunkSizeFor } from '../../tables/limits.ts';
import type { MetaRow } from '../../tables/rows.ts';

const NO_BYTES = Buffer.alloc(0);

/**
 * The bytes of a column of fixed-size elements as one virtual file, cut into chunks of exactly `max_chunk_bytes`. Only
 * the last chunk is shorter. The caller knows how many bytes are elements, and opens the transaction for changes.
 */
export class ChunkFile {
  readonly #tables: FixedTables;
  readonly #damage: ChunkDamage;

  constructor(tables: FixedTables, damage: ChunkDamage) {
    this.#tables = tables;
    this.#damage = damage;
  }

  /** Fills `target` with the bytes from `offset` on. */
  read(meta: MetaRow, offset: number, target: Buffer): void {
    byChunks(meta, offset, target, (index, within, part) => {
      const got = this.#damage.inChunk(index, () => this.#tables.data.read([meta.id, index], part, within));
      if (got < part.length) throw this.#damage.short(index, within + got, within + part.length);
    });
  }

  /**
   * Fills `target` with bytes from the pages of the file that have them. Returns false if they must be read in another
   * way, for whatever reason.
   */
  readInPlace(meta: MetaRow, offset: number, target: Buffer): boolean {
    const { id, maxChunk } = meta;
    const index = Math.floor(offset / maxChunk);
    const within = offset - index * maxChunk;
    return within + target.length <= maxChunk && this.#tables.data.readInPlace([id, index], target, within);
  }

  /** Overwrites existing bytes. */
  overwrite(meta: MetaRow, offset: number, data: Buffer): void {
    byChunks(meta, offset, data, (index, within, part) => {
      try {
        this.#damage.inChunk(index, () => this.#tables.data.write([meta.id, index], part, within));
      } catch (error) {
        // The chunk is shorter than its elements need. To ask before each write would cost a tenth of it.
        if (error instanceof InvalidArgument) this.#sizeOf(meta, index, within + part.length);
        throw error;
      }
    });
  }

  /** Adds bytes after the first `end` bytes. */
  extend(meta: MetaRow, end: number, data: Buffer): void {
    const room = this.#lastSize(meta, end);
    byChunks(meta, end, data, (index, within, part) => {
      const needed = within + part.length;
      const size = within === 0 ? 0 : room;
      // Python adds up the sizes of chunks, so every chunk but the last must be exactly as long as the limit.
      const fits = needed < meta.maxChunk ? size >= needed : size === needed;
      if (fits) this.#damage.inChunk(index, () => this.#tables.data.write([meta.id, index], part, within));
      else this.#rewrite(meta, index, within, part, sizeFor(meta, index, needed));
    });
  }

  /** Deletes the chunks that begin after the first `end` bytes: Python cannot append if there is one. */
  cutOff(meta: MetaRow, end: number): void {
    const count = Math.ceil(end / meta.maxChunk);
    const last = this.#tables.lastChunk(meta.id);
    if (last && last.index >= count) this.#tables.deleteChunksFrom(meta.id, count);
  }

  clear(meta: MetaRow): void {
    this.#tables.deleteAllChunks(meta.id);
  }

  /** Throws if the chunk with the last of `end` bytes is missing or too short. */
  checkEnd(meta: MetaRow, end: number): void {
    const last = Math.floor((end - 1) / meta.maxChunk);
    this.#sizeOf(meta, last, end - last * meta.maxChunk);
  }

  /** Counts the chunks, and the bytes that a column of `end` bytes does not need. */
  measure(meta: MetaRow, end: number): { chunks: number; dead: number } {
    const chunks = this.#tables.chunks(meta.id);
    const total = chunks.reduce((sum, { size }) => sum + size, 0);
    const full = Math.floor(end / meta.maxChunk);
    const last = end - full * meta.maxChunk;
    const needed = full * meta.maxChunk + (last > 0 ? sizeFor(meta, full, last) : 0);
    return { chunks: chunks.length, dead: Math.max(0, total - needed) };
  }

  /** Gives every chunk the size that it would have if there had never been more than `end` bytes. */
  compact(meta: MetaRow, end: number): void {
    this.cutOff(meta, end);
    for (let index = 0; index * meta.maxChunk < end; index++) {
      const live = Math.min(meta.maxChunk, end - index * meta.maxChunk);
      const tight = sizeFor(meta, index, live);
      if (this.#sizeOf(meta, index, live) !== tight) this.#rewrite(meta, index, live, NO_BYTES, tight);
    }
  }

  /** Returns a chunk's size. Throws if it is less than its elements need. */
  #sizeOf(meta: MetaRow, index: number, needed: number): number {
    const chunk = this.#tables.chunk(meta.id, index);
    if (!chunk) throw this.#damage.missing(index);
    if (chunk.size < needed) throw this.#damage.short(index, chunk.size, needed);
    return chunk.size;
  }

  /** Returns the size of the last chunk with elements, and checks it before anything is added behind them. */
  #lastSize(meta: MetaRow, end: number): number {
    const count = Math.ceil(end / meta.maxChunk);
    let last = this.#tables.lastChunk(meta.id);
    if (last && last.index >= count) {
      this.#tables.deleteChunksFrom(meta.id, count);
      last = this.#tables.lastChunk(meta.id);
    }
    if (count === 0) return 0;
    const index = count - 1;
    if (last?.index !== index) throw this.#damage.missing(index);
    const needed = end - index * meta.maxChunk;
    if (last.size < needed) throw this.#damage.short(index, last.size, needed);
    if (needed === meta.maxChunk && last.size > needed) this.#rewrite(meta, index, needed, NO_BYTES, needed);
    return last.size;
  }

  /** Gives a chunk new content: its first `kept` bytes, then the bytes given, then zeros. */
  #rewrite(meta: MetaRow, index: number, kept: number, added: Buffer, size: number): void {
    const isWhole = kept === 0 && added.length === size;
    const data = isWhole ? added : Buffer.allocUnsafeSlow(size);
    if (!isWhole) {
      if (kept > 0) this.read(meta, index * meta.maxChunk, data.subarray(0, kept));
      data.set(added, kept);
      data.fill(0, kept + added.length);
    }
    this.#tables.putChunk(meta.id, index, data, meta.elemSize);
  }
}

/** The size of chunks after the first: the column is long, and every doubling would copy its end once more. */
const LATER_CHUNK = 128 * 1024;

/** Returns the size of a chunk that has so many bytes. */
function sizeFor(meta: MetaRow, index: number, bytes: number): number {
  return chunkSizeFor(index === 0 ? bytes : Math.max(bytes, Math.min(LATER_CHUNK, meta.maxChunk)), meta);
}

/** Splits a range of the virtual file at the chunk bounds, and calls `each` with every part. */
function byChunks(
  { maxChunk }: MetaRow,
  offset: number,
  data: Buffer,
  each: (index: number, within: number, part: Buffer) => void,
): void {
  for (let done = 0; done < data.length; ) {
    const index = Math.floor((offset + done) / maxChunk);
    const within = offset + done - index * maxChunk;
    const part = data.subarray(done, Math.min(data.length, done + maxChunk - within));
    each(index, within, part);
    done += part.length;
  }
}
