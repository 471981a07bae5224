import type { ChunkWatch, KeptChunk } from './chunk-watch.ts';
import type { Resident, ResidentMemory } from './resident-memory.ts';

/** The approximate bytes that it takes to know where a chunk lies: so many, and four for each of its pages. */
const OVERHEAD = 512;
const BYTES_PER_PAGE = 4096;

/** Where the bytes of one chunk lie in the file. */
class ChunkMap implements Resident {
  readonly cost: number;
  readonly #forget: () => void;
  wasRead = true;

  constructor(chunkBytes: number, forget: () => void) {
    this.cost = OVERHEAD + 4 * Math.ceil(chunkBytes / BYTES_PER_PAGE);
    this.#forget = forget;
  }

  forget(): void {
    this.#forget();
  }
}

/** A chunk that is watched for as long as it has pieces or a map. */
interface Kept {
  readonly watched: KeptChunk;
  /** How many pieces of its bytes are in memory. */
  pieces: number;
  map: ChunkMap | undefined;
}

/** The chunks of one column of which memory has something: pieces of their bytes, or only where they lie in the file. */
export class KeptChunks {
  readonly #memory: ResidentMemory;
  readonly #watch: ChunkWatch;
  readonly #drop: (index: number) => void;
  readonly #chunks = new Map<number, Kept>();

  /** `drop` is called with a chunk that may have changed. It drops the pieces of the chunk, and calls `forget`. */
  constructor(memory: ResidentMemory, watch: ChunkWatch, drop: (index: number) => void) {
    this.#memory = memory;
    this.#watch = watch;
    this.#drop = drop;
  }

  /** Counts a piece of a chunk that was read, and has the chunk watched. */
  hold(column: number, index: number): void {
    this.#of(column, index).pieces++;
    this.#watch.noteRead();
  }

  /** Counts a piece less. */
  release(index: number): void {
    const kept = this.#chunks.get(index);
    if (!kept) return;
    kept.pieces--;
    this.#endUnused(index, kept);
  }

  /**
   * Fills `target` with bytes of a chunk, from `offset` on, and reads only the database pages that have them. Returns
   * false if that is not possible.
   */
  read(column: number, index: number, chunkBytes: number, offset: number, target: Buffer): boolean {
    if (!this.#watch.mayRead) return false;
    const kept = this.#of(column, index);
    const isRead = this.#watch.read(kept.watched, offset, target);
    if (this.#chunks.get(index) !== kept) return isRead;
    if (kept.map) {
      kept.map.wasRead = true;
    } else if (isRead) {
      kept.map = new ChunkMap(chunkBytes, () => this.#forgetMap(index));
      this.#memory.add(kept.map);
    } else {
      this.#endUnused(index, kept);
    }
    return isRead;
  }

  /** Returns the chunks of which memory has something, from an index on. */
  from(index: number): number[] {
    return [...this.#chunks.keys()].filter((chunk) => chunk >= index);
  }

  /** Forgets where a chunk lies. */
  forget(index: number): void {
    const map = this.#chunks.get(index)?.map;
    if (!map) return;
    this.#memory.remove(map);
    this.#forgetMap(index);
  }

  #of(column: number, index: number): Kept {
    let kept = this.#chunks.get(index);
    if (!kept) {
      kept = { watched: this.#watch.watch(column, index, () => this.#drop(index)), pieces: 0, map: undefined };
      this.#chunks.set(index, kept);
    }
    return kept;
  }

  #forgetMap(index: number): void {
    const kept = this.#chunks.get(index);
    if (!kept) return;
    kept.map = undefined;
    this.#endUnused(index, kept);
  }

  #endUnused(index: number, kept: Kept): void {
    if (kept.pieces > 0 || kept.map) return;
    this.#chunks.delete(index);
    this.#watch.forget(kept.watched);
  }
}
