import type { DataChunkRow, MetaRow } from '../tables/chunk-tables.ts';
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
 * The resident copy of the data of a column of variable-size elements: its row in `col_meta`, and chunks. It belongs to
 * one file state. All vaults on one connection share it.
 */
export class ResidentData {
  readonly #memory: ResidentMemory;
  readonly #chunks = new Map<number, ResidentChunk>();
  /** The file state that the copy belongs to; undefined if nothing is known, or nothing may be kept. */
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

  constructor(memory: ResidentMemory) {
    this.#memory = memory;
  }

  /** Replaces the copy by what the file says now. */
  renew(version: number | undefined, meta: MetaRow): void {
    this.invalidate();
    this.version = version;
    this.meta = meta;
  }

  /** Drops everything: the column was deleted or recreated. */
  invalidate(): void {
    this.dropChunks();
    this.version = undefined;
    this.tail = undefined;
    this.ordered = undefined;
    this.liveBytes = undefined;
    this.generation++;
  }

  dropChunks(): void {
    for (const chunk of this.#chunks.values()) this.#memory.remove(chunk);
    this.#chunks.clear();
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
    this.drop(id);
    const chunk = new ResidentChunk(bytes, () => this.#chunks.delete(id));
    this.#chunks.set(id, chunk);
    this.#memory.add(chunk);
  }

  drop(id: number): void {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined) return;
    this.#chunks.delete(id);
    this.#memory.remove(chunk);
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
