import type { DataChunkRow, MetaRow } from '../chunks/tables.ts';
import type { Resident, Residents } from './residents.ts';

/** What a chunk takes besides its bytes, roughly. */
const OVERHEAD = 256;

/** One chunk's bytes, as they are in the file. */
class ResidentChunk implements Resident {
  readonly bytes: Buffer;
  readonly #forget: () => void;
  touched = true;

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
 * What is known of the data of one column of elements that vary in size: its row in `col_meta`, and the chunks that are in
 * memory. All of it holds under one version of the file. Shared by all vaults on one connection.
 */
export class ResidentData {
  readonly #residents: Residents;
  readonly #chunks = new Map<number, ResidentChunk>();
  /** The version of the file under which this holds; undefined when nothing is known, or may be kept. */
  version: number | undefined;
  meta!: MetaRow;
  /** The last chunk's row, where it is known. */
  tail: DataChunkRow | undefined;
  /** Whether each chunk's elements follow one another in the index as in the chunk; undefined before somebody looked. */
  ordered: boolean | undefined;
  /** Bytes of all elements, once somebody has asked. */
  liveBytes: number | undefined;
  /** Moves whenever elements may have changed or moved. */
  generation = 0;

  constructor(residents: Residents) {
    this.#residents = residents;
  }

  /** Takes up what the file says now, and forgets what it said before. */
  renew(version: number | undefined, meta: MetaRow): void {
    this.invalidate();
    this.version = version;
    this.meta = meta;
  }

  /** Forgets everything: the column is gone, or was made anew. */
  invalidate(): void {
    this.forgetChunks();
    this.version = undefined;
    this.tail = undefined;
    this.ordered = undefined;
    this.liveBytes = undefined;
    this.generation++;
  }

  forgetChunks(): void {
    for (const chunk of this.#chunks.values()) this.#residents.remove(chunk);
    this.#chunks.clear();
  }

  /** A chunk's bytes, if they are in memory. */
  chunk(id: number): Buffer | undefined {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined) return undefined;
    chunk.touched = true;
    return chunk.bytes;
  }

  /** Whether a chunk of this size may stay: one that takes much of the memory there is would drive everything else out. */
  mayKeep(size: number): boolean {
    return this.version !== undefined && size <= this.#residents.capacity / 4;
  }

  /** Keeps a chunk's bytes, which become the column's own. */
  keep(id: number, bytes: Buffer): void {
    this.forget(id);
    const chunk = new ResidentChunk(bytes, () => this.#chunks.delete(id));
    this.#chunks.set(id, chunk);
    this.#residents.add(chunk);
  }

  forget(id: number): void {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined) return;
    this.#chunks.delete(id);
    this.#residents.remove(chunk);
  }

  /** Bytes of a chunk have been written to the file: what is in memory of it follows. */
  wrote(id: number, at: number, bytes: Buffer): void {
    this.#chunks.get(id)?.bytes.set(bytes, at);
  }

  /** So many bytes of elements have come, or gone. */
  grew(bytes: number): void {
    if (this.liveBytes !== undefined) this.liveBytes += bytes;
  }
}
