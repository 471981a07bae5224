import type { Access } from '@kohakuvault/core-native/internal/database';
import { BLOCKS_BY_ID, ChunkWatch } from '../resident/chunk-watch.ts';
import { KeptChunks } from '../resident/kept-chunks.ts';
import { Misses } from '../resident/misses.ts';
import { type Resident, ResidentMemory } from '../resident/resident-memory.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import type { BlockBytes, BlockDirectory } from './block-directory.ts';

/** The approximate bytes that a block takes besides its data. */
const OVERHEAD = 256;

/** The bytes of one block in memory. */
class ResidentBlock implements Resident {
  readonly bytes: BlockBytes;
  readonly #forget: () => void;
  wasRead = true;

  constructor(bytes: BlockBytes, forget: () => void) {
    this.bytes = bytes;
    this.#forget = forget;
  }

  get cost(): number {
    return this.bytes.payload.length + this.bytes.offsets.byteLength + OVERHEAD;
  }

  forget(): void {
    this.#forget();
  }
}

/**
 * The resident copy of a column of variable-size elements: its directory, which belongs to one file state, and blocks,
 * which stay as long as they do not change. All vaults on one connection share it.
 */
export class ResidentBlocks {
  readonly #memory: ResidentMemory;
  readonly #watch: ChunkWatch | undefined;
  readonly #kept: KeptChunks | undefined;
  readonly #misses = new Misses();
  readonly #blocks = new Map<number, ResidentBlock>();
  /** The file state that it belongs to; undefined if nothing is known, or nothing may be kept. */
  version: number | undefined;
  directory!: BlockDirectory;
  /** A number that changes when elements may have changed or moved. */
  generation = 0;

  /** `watch` tells when the blocks of a copy change that outlives one use. */
  constructor(memory: ResidentMemory, watch?: ChunkWatch) {
    this.#memory = memory;
    this.#watch = watch;
    this.#kept = watch && new KeptChunks(memory, watch, (id) => this.drop(id));
  }

  /** Returns what tells which blocks have changed, for all such columns on a connection. */
  static watchOf(connection: Access): ChunkWatch {
    return connection.companion('watched blocks', (shared) => new ChunkWatch(shared, BLOCKS_BY_ID));
  }

  /** Returns the copy of a column on a connection. */
  static of(connection: Access, name: string): ResidentBlocks {
    const { memory } = ResidentSet.of(connection);
    const all = connection.companion('resident blocks', () => new Map<string, ResidentBlocks>());
    const known = all.get(name) ?? new ResidentBlocks(memory, ResidentBlocks.watchOf(connection));
    all.set(name, known);
    return known;
  }

  /** Returns a copy for one use, which is not kept. */
  static transient(): ResidentBlocks {
    return new ResidentBlocks(new ResidentMemory());
  }

  /** Replaces the directory by what the file says now. The blocks stay that it still has, unless it is another column. */
  renew(version: number | undefined, directory: BlockDirectory): void {
    const known = this.directory as BlockDirectory | undefined;
    const blocks = known?.meta.id === directory.meta.id ? directory.blocks : [];
    const present = new Map(blocks.map((block) => [block.id, block]));
    for (const [id, { bytes }] of this.#blocks) {
      const block = present.get(id);
      if (block?.used !== bytes.payload.length || block.count + 1 !== bytes.offsets.length) this.drop(id);
    }
    this.version = version;
    this.directory = directory;
    this.generation++;
  }

  invalidate(): void {
    this.dropAll();
    this.version = undefined;
    this.generation++;
  }

  block(id: number): BlockBytes | undefined {
    const block = this.#blocks.get(id);
    if (block === undefined) return undefined;
    block.wasRead = true;
    return block.bytes;
  }

  /** Returns whether a whole block should be read and kept, of which so many bytes are needed. */
  isWorthKeeping(id: number, needed: number, whole: number): boolean {
    if (this.version === undefined || whole > this.#memory.capacity / 4) return false;
    return this.#memory.hasRoom(whole) || this.#misses.isDue(id, needed, Math.max(1, whole), this.#memory.capacity);
  }

  /** To be called before a block is read that will be kept. */
  begin(): void {
    this.#watch?.begin();
  }

  /** Keeps a block that is not in memory. */
  keep(id: number, bytes: BlockBytes): void {
    this.#kept?.hold(this.directory.meta.id, id);
    const block = new ResidentBlock(bytes, () => this.#forget(id));
    this.#blocks.set(id, block);
    this.#memory.add(block);
  }

  drop(id: number): void {
    const block = this.#blocks.get(id);
    if (!block) return;
    this.#memory.remove(block);
    this.#forget(id);
  }

  #forget(id: number): void {
    if (this.#blocks.delete(id)) this.#kept?.release(id);
  }

  /** Applies a write to the file to a block that may be in memory. */
  wrote(id: number, at: number, bytes: Buffer): void {
    this.block(id)?.payload.set(bytes, at);
    this.#watch?.noteWrite();
  }

  dropAll(): void {
    for (const id of [...this.#blocks.keys()]) this.drop(id);
    this.#misses.clear();
  }
}
