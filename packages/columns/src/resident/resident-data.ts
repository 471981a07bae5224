import type { DataChunkRow } from '../tables/chunk-tables.ts';
import type { MetaRow } from '../tables/rows.ts';
import type { ChunkWatch } from './chunk-watch.ts';
import { KeptChunks } from './kept-chunks.ts';
import { Misses } from './misses.ts';
import type { Resident, ResidentMemory } from './resident-memory.ts';

/** The approximate bytes that a chunk takes besides its data. */
const OVERHEAD = 256;

/** The bytes of one chunk, as they are in the file. */
class ResidentChunk implements Resident {
  readonly bytes: Buffer;
  readonly #forget: () => void;
  wasRead = true;

  constructor(bytes: Buffer, forget: () => void) {
    this.bytes = bytes;
    this.#forget = forget;
  }

  get cost(): number {
    return this.bytes.length + OVERHEAD;
  }

  forget(): void {
    this.#forget();
  }
}

/**
 * The resident copy of the data of a column of variable-size elements: its row in `col_meta`, and chunks. The row
 * belongs to one file state; chunks stay as long as they do not change. All vaults on one connection share it.
 */
export class ResidentData {
  readonly #memory: ResidentMemory;
  readonly #kept: KeptChunks | undefined;
  readonly #misses = new Misses();
  readonly #chunks = new Map<number, ResidentChunk>();
  /** The file state that the row belongs to; undefined if nothing is known, or nothing may be kept. */
  version: number | undefined;
  meta!: MetaRow;
  /** The row of the last chunk, if it is known. */
  tail: DataChunkRow | undefined;
  /** Whether the elements of each chunk have the same order in the index and in the chunk; undefined if unknown. */
  ordered: boolean | undefined;
  /** The bytes of all elements, if they were counted. */
  liveBytes: number | undefined;
  /** A number that changes when elements may have changed or moved. */
  generation = 0;

  /** `watch` tells when the chunks of a copy change that outlives one use. */
  constructor(memory: ResidentMemory, watch?: ChunkWatch) {
    this.#memory = memory;
    this.#kept = watch && new KeptChunks(memory, watch, (id) => this.drop(id));
  }

  /** Replaces the row by what the file says now. The chunks stay, unless it is another column. */
  renew(version: number | undefined, meta: MetaRow): void {
    if ((this.meta as MetaRow | undefined)?.id !== meta.id) this.dropChunks();
    this.#forgetCounts();
    this.version = version;
    this.meta = meta;
  }

  /** Drops everything: the column was deleted or recreated. */
  invalidate(): void {
    this.dropChunks();
    this.#forgetCounts();
    this.version = undefined;
  }

  #forgetCounts(): void {
    this.tail = undefined;
    this.ordered = undefined;
    this.liveBytes = undefined;
    this.generation++;
  }

  dropChunks(): void {
    for (const id of this.#kept?.from(0) ?? this.#chunks.keys()) this.drop(id);
    this.#misses.clear();
  }

  /** Returns a chunk's bytes, if they are resident. */
  chunk(id: number): Buffer | undefined {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined) return undefined;
    chunk.wasRead = true;
    return chunk.bytes;
  }

  /** Returns whether a chunk of this size may stay in memory. A larger one would evict most of the others. */
  mayKeep(size: number): boolean {
    return this.version !== undefined && size <= this.#memory.capacity / 4;
  }

  /** Keeps a chunk. The bytes must not be used by anyone else. */
  keep(id: number, bytes: Buffer): void {
    const before = this.#chunks.get(id);
    if (before) this.#memory.remove(before);
    // The row is the same, with other bytes.
    else this.#kept?.hold(this.meta.id, id);
    const chunk = new ResidentChunk(bytes, () => this.#forget(id));
    this.#chunks.set(id, chunk);
    this.#memory.add(chunk);
  }

  /**
   * Returns whether a whole chunk should be read of which so many bytes are needed, if it has about `whole` bytes. If
   * memory has no room, it should not be for a few bytes.
   */
  isWorthKeeping(id: number, needed: number, whole: number): boolean {
    if (!this.#kept || this.#memory.hasRoom(whole)) return true;
    return this.#misses.isDue(id, needed, whole, this.#memory.capacity);
  }

  /**
   * Fills `target` with bytes of a chunk from `offset` on, and reads only the database pages that have them. Returns false
   * if that is not possible.
   */
  readPages(id: number, chunkBytes: number, offset: number, target: Buffer): boolean {
    return this.#kept?.read(this.meta.id, id, chunkBytes, offset, target) ?? false;
  }

  drop(id: number): void {
    const chunk = this.#chunks.get(id);
    if (chunk) {
      this.#memory.remove(chunk);
      this.#forget(id);
    }
    this.#kept?.forget(id);
  }

  #forget(id: number): void {
    if (this.#chunks.delete(id)) this.#kept?.release(id);
  }

  /** Applies a write to the file to the resident chunk. */
  wrote(id: number, at: number, bytes: Buffer): void {
    this.#chunks.get(id)?.bytes.set(bytes, at);
  }

  /** Adds to the count of the elements' bytes; a negative number subtracts. */
  grew(bytes: number): void {
    if (this.liveBytes !== undefined) this.liveBytes += bytes;
  }
}
