import type { ChunkDamage } from './chunk-damage.ts';
import { chunkSizeFor } from './limits.ts';
import type { LegacyTables, MetaRow } from './tables.ts';

const NOTHING = Buffer.alloc(0);

/**
 * The bytes of a column of elements of one size as one virtual file, cut into chunks of exactly `max_chunk_bytes`, the last
 * one shorter. Whoever calls knows how many bytes are elements', and has a transaction open to change them.
 */
export class ChunkFile {
  readonly #tables: LegacyTables;
  readonly #damage: ChunkDamage;

  constructor(tables: LegacyTables, damage: ChunkDamage) {
    this.#tables = tables;
    this.#damage = damage;
  }

  /** Fills `target` with what is from `offset` on. */
  read(meta: MetaRow, offset: number, target: Buffer): void {
    byChunks(meta, offset, target, (index, within, part) => {
      const got = this.#damage.told(index, () => this.#tables.data.read([meta.id, index], part, within));
      if (got < part.length) throw this.#damage.short(index, within + got, within + part.length);
    });
  }

  /** Writes over what is there. */
  overwrite(meta: MetaRow, offset: number, data: Buffer): void {
    byChunks(meta, offset, data, (index, within, part) => {
      this.#sizeOf(meta, index, within + part.length);
      this.#write(meta, index, within, part);
    });
  }

  /** Adds bytes behind the `end` bytes that are there. */
  extend(meta: MetaRow, end: number, data: Buffer): void {
    const room = this.#lastSize(meta, end);
    byChunks(meta, end, data, (index, within, part) => {
      const needed = within + part.length;
      const size = within === 0 ? 0 : room;
      // A chunk that others follow must be exactly as long as the longest: Python adds their sizes up.
      const fits = needed < meta.maxChunk ? size >= needed : size === needed;
      if (fits) this.#write(meta, index, within, part);
      else this.#rewrite(meta, index, within, part, chunkSizeFor(needed, meta));
    });
  }

  /** Deletes the chunks that lie wholly behind the first `end` bytes: Python could not append with one there. */
  cutOff(meta: MetaRow, end: number): void {
    const count = Math.ceil(end / meta.maxChunk);
    const last = this.#tables.lastChunk(meta.id);
    if (last && last.index >= count) this.#tables.deleteChunksFrom(meta.id, count);
  }

  clear(meta: MetaRow): void {
    this.#tables.deleteAllChunks(meta.id);
  }

  /** Throws where the chunk with the last of `end` bytes is not there. */
  checkEnd(meta: MetaRow, end: number): void {
    const last = Math.floor((end - 1) / meta.maxChunk);
    this.#sizeOf(meta, last, end - last * meta.maxChunk);
  }

  /** How many chunks there are, how many bytes, and how many of these a column of `end` bytes does not need. */
  measure(meta: MetaRow, end: number): { chunks: number; dead: number } {
    const chunks = this.#tables.chunks(meta.id);
    const there = chunks.reduce((sum, { size }) => sum + size, 0);
    const full = Math.floor(end / meta.maxChunk);
    const rest = end - full * meta.maxChunk;
    const needed = full * meta.maxChunk + (rest > 0 ? chunkSizeFor(rest, meta) : 0);
    return { chunks: chunks.length, dead: Math.max(0, there - needed) };
  }

  /** Gives every chunk the size it would have, had there never been more than `end` bytes. */
  compact(meta: MetaRow, end: number): void {
    this.cutOff(meta, end);
    for (let index = 0; index * meta.maxChunk < end; index++) {
      const live = Math.min(meta.maxChunk, end - index * meta.maxChunk);
      const tight = chunkSizeFor(live, meta);
      if (this.#sizeOf(meta, index, live) !== tight) this.#rewrite(meta, index, live, NOTHING, tight);
    }
  }

  #write(meta: MetaRow, index: number, within: number, part: Buffer): void {
    this.#damage.told(index, () => this.#tables.data.write([meta.id, index], part, within));
  }

  /** A chunk's size, which must be at least what its elements take. */
  #sizeOf(meta: MetaRow, index: number, needed: number): number {
    const chunk = this.#tables.chunk(meta.id, index);
    if (!chunk) throw this.#damage.missing(index);
    if (chunk.size < needed) throw this.#damage.short(index, chunk.size, needed);
    return chunk.size;
  }

  /** The size of the last chunk that has elements, which is made sure of before anything is put behind them. */
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
    if (needed === meta.maxChunk && last.size > needed) this.#rewrite(meta, index, needed, NOTHING, needed);
    return last.size;
  }

  /** Gives a chunk new content: its first bytes as they are, then these, then zeros. */
  #rewrite(meta: MetaRow, index: number, kept: number, added: Buffer, size: number): void {
    const isWhole = kept === 0 && added.length === size;
    const data = isWhole ? added : Buffer.allocUnsafeSlow(size);
    if (!isWhole) {
      if (kept > 0) this.read(meta, index * meta.maxChunk, data.subarray(0, kept));
      data.set(added, kept);
      data.fill(0, kept + added.length);
    }
    this.#tables.putChunk(meta.id, index, data);
  }
}

/** Splits a range of the virtual file at the ends of chunks. */
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
