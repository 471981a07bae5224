import type { Access } from '@kohakuvault/core-native/internal/database';
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
 * The resident copy of a column of variable-size elements: its directory, and blocks. All of it belongs to one file
 * state. All vaults on one connection share it.
 */
export class ResidentBlocks {
  readonly #memory: ResidentMemory;
  readonly #misses = new Misses();
  readonly #blocks = new Map<number, ResidentBlock>();
  /** The file state that it belongs to; undefined if nothing is known, or nothing may be kept. */
  version: number | undefined;
  directory!: BlockDirectory;
  /** A number that changes when elements may have changed or moved. */
  generation = 0;

  constructor(memory: ResidentMemory) {
    this.#memory = memory;
  }

  /** Returns the copy of a column on a connection. */
  static of(connection: Access, name: string): ResidentBlocks {
    const { memory } = ResidentSet.of(connection);
    const all = connection.companion('resident blocks', () => new Map<string, ResidentBlocks>());
    const known = all.get(name) ?? new ResidentBlocks(memory);
    all.set(name, known);
    return known;
  }

  /** Returns a copy for one use, which is not kept. */
  static transient(): ResidentBlocks {
    return new ResidentBlocks(new ResidentMemory());
  }

  /** Replaces everything by what the file says now. */
  renew(version: number | undefined, directory: BlockDirectory): void {
    this.dropAll();
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

  keep(id: number, bytes: BlockBytes): void {
    this.drop(id);
    const block = new ResidentBlock(bytes, () => this.#blocks.delete(id));
    this.#blocks.set(id, block);
    this.#memory.add(block);
  }

  drop(id: number): void {
    const block = this.#blocks.get(id);
    if (!block) return;
    this.#memory.remove(block);
    this.#blocks.delete(id);
  }

  dropAll(): void {
    for (const id of [...this.#blocks.keys()]) this.drop(id);
    this.#misses.clear();
  }
}
