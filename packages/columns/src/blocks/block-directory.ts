import { CorruptData } from '@kohakuvault/core-native/internal';
import type { ChunkDamage } from '../tables/chunk-damage.ts';
import type { Block, BlockMeta, BlockTables } from './block-tables.ts';

/** The bytes of one block, and where its elements are in them. */
export interface BlockBytes {
  readonly payload: Buffer;
  /** The bounds of the elements: one more than there are. */
  readonly offsets: Float64Array;
}

/** A bound is two of these: its low and its high half. They cost a fraction of bigints. */
const WORD = 2 ** 32;

/** The bytes of one bound in the file. */
export const BOUND_BYTES = 8;

/** Where the elements of a column are that vary in size: its blocks in order, as they are in one file state. */
export class BlockDirectory {
  readonly meta: BlockMeta;
  readonly blocks: Block[];
  length: number;
  /** The elements of all blocks, as the file had them. */
  #rows = 0;

  /** `maySeal` says that blocks without room for elements are sealed. */
  constructor(meta: BlockMeta, blocks: Block[], maySeal = false) {
    this.meta = meta;
    this.blocks = blocks;
    this.length = meta.length;
    this.#check(maySeal);
  }

  /** The bytes of all elements. */
  get bytes(): number {
    return this.blocks.reduce((sum, { used }) => sum + used, 0);
  }

  /** Returns the position of the block that has an element; that of the last block for an element behind all. */
  placeOf(index: number): number {
    let [low, high] = [0, this.blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.blocks[middle] as Block).first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #check(maySeal: boolean): void {
    const { name } = this.meta;
    let [rows, no] = [0, -1];
    for (const block of this.blocks) {
      const { id, first, count, used, capacity, rows: most } = block;
      const numbers = [id, block.no, first, count, used, capacity, most];
      const isRight =
        numbers.every(Number.isSafeInteger) &&
        block.no > no &&
        first === rows &&
        count >= 0 &&
        used >= 0 &&
        (count <= most || (maySeal && most === 0));
      if (!isRight) {
        throw new CorruptData(
          `column ${JSON.stringify(name)}: the row of block ${block.no} in kvault_col_blocks is damaged: it says elements ` +
            `${first} to ${first + count} of ${most}, ${used} bytes; expected the first to be ${rows}`,
        );
      }
      rows += count;
      no = block.no;
    }
    this.#rows = rows;
    // A function that a trigger calls may read in the middle of a write, when the blocks have more already.
    if (rows < this.length) throw this.#disagrees();
  }

  /** Throws if the blocks have more elements than the column, before anything is changed. */
  checkWhole(): void {
    if (this.#rows !== this.meta.length) throw this.#disagrees();
  }

  #disagrees(): CorruptData {
    return new CorruptData(
      `column ${JSON.stringify(this.meta.name)}: its blocks have ${this.#rows} elements; its row in kvault_col_columns ` +
        `says ${this.meta.length}`,
    );
  }
}

/** Reads the bounds of the elements from one up to another of a block. */
export function readBounds(
  tables: BlockTables,
  damage: ChunkDamage,
  block: Block,
  from: number,
  to: number,
): Float64Array {
  const words = new Uint32Array(2 * (to - from + 1));
  const needed = words.byteLength;
  const at = from * BOUND_BYTES;
  const got = damage.inChunk(block.no, () => tables.offsets.read(block.id, words, at));
  if (got < needed) throw damage.short(block.no, at + got, at + needed);
  const bounds = new Float64Array(to - from + 1);
  for (let nth = 0; nth < bounds.length; nth++) {
    const bound = (words[2 * nth] as number) + (words[2 * nth + 1] as number) * WORD;
    bounds[nth] = bound;
    const least = nth === 0 ? 0 : (bounds[nth - 1] as number);
    const isEdge = (from === 0 && nth === 0 && bound !== 0) || (from + nth === block.count && bound !== block.used);
    if (bound < least || bound > block.used || isEdge) throw damage.wrongBound(block.no, from + nth, bound);
  }
  return bounds;
}

/** Fills `target` with bytes of a block's payload. */
export function readPayload(
  tables: BlockTables,
  damage: ChunkDamage,
  { id, no }: Block,
  start: number,
  target: Buffer,
): void {
  if (target.length === 0) return;
  const got = damage.inChunk(no, () => tables.payloads.read(id, target, start));
  if (got < target.length) throw damage.short(no, start + got, start + target.length);
}

/** Returns bounds as the file has them, with room for more. */
export function boundsAsBytes(offsets: Float64Array, rows: number): Buffer {
  const words = new Uint32Array(2 * (rows + 1));
  for (let nth = 0; nth < offsets.length; nth++) {
    const offset = offsets[nth] as number;
    words[2 * nth] = offset % WORD;
    words[2 * nth + 1] = Math.floor(offset / WORD);
  }
  return Buffer.from(words.buffer);
}
