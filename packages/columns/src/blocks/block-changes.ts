import { lastWithin } from '../chunks/variable/entry-runs.ts';
import { type EncodedBlock, joined } from '../elements/encoded-block.ts';
import type { ChunkDamage } from '../tables/chunk-damage.ts';
import { BOUND_BYTES, boundsAsBytes } from './block-directory.ts';
import type { BlockReads } from './block-reads.ts';
import { type Block, type BlockTables, growingBytes } from './block-tables.ts';
import type { ResidentBlocks } from './resident-blocks.ts';
import { isSealed, type Sealing } from './sealing.ts';

/** The bytes up to which blocks are filled: SQLite goes through a payload page by page. */
export const FILL_BYTES = 128 * 1024;

/** A block has room for one element for each of so many bytes, as Python's have. */
const BYTES_PER_ROW = 16;

/** Some elements that will be a block. */
interface Part {
  /** The position of the first of them among those that were cut. */
  readonly first: number;
  readonly elements: EncodedBlock;
  /** Whether it will be the column's last block, which may grow. */
  readonly isLast: boolean;
}

/** Changes the blocks of one column, inside a transaction of the caller. The directory in memory follows. */
export class BlockChanges {
  readonly #tables: BlockTables;
  readonly #damage: ChunkDamage;
  readonly #reads: BlockReads;
  readonly #sealing: Sealing | undefined;
  /** A block has room for one element for each of so many bytes. */
  readonly #perRow: number;

  constructor(tables: BlockTables, damage: ChunkDamage, reads: BlockReads, sealing?: Sealing) {
    this.#tables = tables;
    this.#damage = damage;
    this.#reads = reads;
    this.#sealing = sealing;
    this.#perRow = sealing?.elemSize || BYTES_PER_ROW;
  }

  append(column: ResidentBlocks, elements: EncodedBlock): void {
    if (elements.count === 0) return;
    const { directory } = column;
    const { length } = directory;
    const filled = this.#fill(column, elements);
    const rest = filled === 0 ? elements : some(elements, filled, elements.count);
    if (filled < elements.count) this.#sealLast(column);
    for (const part of filled < elements.count ? this.#partsOf(rest, true, column) : []) {
      const no = (directory.blocks.at(-1)?.no ?? -1) + 1;
      directory.blocks.push(this.#put(column, no, length + filled + part.first, part));
    }
    this.#setLength(column, length + elements.count);
  }

  /** Seals the last block of a compressed column: others come behind it. */
  #sealLast(column: ResidentBlocks): void {
    const { blocks } = column.directory;
    const last = blocks.at(-1);
    if (!this.#sealing || !last || isSealed(last)) return;
    const elements = this.#reads.read(column, last.first, last.first + last.count);
    blocks.splice(-1, 1, this.#put(column, last.no, last.first, { first: 0, elements, isLast: false }));
  }

  /** Adds as many elements to the last block as fit, and makes it longer if it is short. Returns how many. */
  #fill(column: ResidentBlocks, elements: EncodedBlock): number {
    const last = column.directory.blocks.at(-1);
    if (!last || isSealed(last)) return 0;
    const offsets = elements.offsets as Float64Array;
    const fitting = (capacity: number, rows: number) =>
      Math.max(0, Math.min(lastWithin(offsets, 0, capacity - last.used), rows - last.count));
    const count = fitting(last.capacity, last.rows);
    const fill = fillBytes(column);
    const grown = last.capacity < fill ? fitting(fill, this.#rowsFor(fill)) : 0;
    if (count < elements.count && grown > count) {
      const before = this.#reads.read(column, last.first, last.first + last.count);
      const part = { first: 0, elements: joined(before, some(elements, 0, grown)), isLast: grown === elements.count };
      const block = this.#put(column, last.no, last.first, part);
      column.directory.blocks.splice(-1, 1, block);
      return grown;
    }
    if (count === 0) return 0;
    const data = elements.data.subarray(0, offsets[count]);
    const bounds = offsets.subarray(1, count + 1).map((offset) => offset + last.used);
    this.#damage.inChunk(last.no, () => {
      if (data.length > 0) this.#tables.payloads.write(last.id, data, last.used);
      if (this.#sealing?.elemSize) return;
      this.#tables.offsets.write(last.id, boundsAsBytes(bounds, count - 1), (last.count + 1) * BOUND_BYTES);
    });
    last.count += count;
    last.used += data.length;
    this.#tables.setUsed(last, last.count, last.used);
    column.drop(last.id);
    return count;
  }

  /** Overwrites elements, if each has exactly the size of the new one. Returns false, and does nothing, if one has not. */
  overwrite(column: ResidentBlocks, start: number, elements: EncodedBlock): boolean {
    const { directory } = column;
    const offsets = elements.offsets as Float64Array;
    const writes: { block: Block; at: number; data: Buffer }[] = [];
    for (let done = 0; done < elements.count; ) {
      const block = directory.blocks[directory.placeOf(start + done)] as Block;
      if (isSealed(block)) return false;
      const from = start + done - block.first;
      const count = Math.min(elements.count - done, block.count - from);
      const bounds = this.#reads.boundsOf(column, block);
      const at = bounds[from] as number;
      for (let nth = 1; nth <= count; nth++) {
        const size = (offsets[done + nth] as number) - (offsets[done + nth - 1] as number);
        if ((bounds[from + nth] as number) - (bounds[from + nth - 1] as number) !== size) return false;
      }
      writes.push({ block, at, data: elements.data.subarray(offsets[done], offsets[done + count]) });
      done += count;
    }
    for (const { block, at, data } of writes) {
      if (data.length === 0) continue;
      this.#damage.inChunk(block.no, () => this.#tables.payloads.write(block.id, data, at));
      column.wrote(block.id, at, data);
    }
    return true;
  }

  /** Replaces elements by others, and rewrites the blocks that have them. */
  splice(column: ResidentBlocks, start: number, deleteCount: number, elements: EncodedBlock): void {
    const { directory } = column;
    const { blocks } = directory;
    const from = directory.placeOf(start);
    const to = deleteCount > 0 ? directory.placeOf(start + deleteCount - 1) : from;
    const [first, last] = [blocks[from] as Block, blocks[to] as Block];
    const head = this.#reads.read(column, first.first, start);
    const tail = this.#reads.read(column, start + deleteCount, last.first + last.count);
    const isEnd = to === blocks.length - 1;
    const parts = this.#partsOf(joined(joined(head, elements), tail), isEnd, column);
    for (const old of blocks.slice(from, to + 1)) this.#delete(column, old);
    const rows = elements.count - deleteCount;
    const numbers = first.no + parts.length - 1 - last.no;
    if (!isEnd) this.#tables.move(directory.meta.id, last.no, rows, numbers);
    for (const later of blocks.slice(to + 1)) {
      later.first += rows;
      later.no += numbers;
    }
    const put = parts.map((part, nth) => this.#put(column, first.no + nth, first.first + part.first, part));
    blocks.splice(from, to + 1 - from, ...put);
    this.#setLength(column, directory.length + rows);
  }

  clear(column: ResidentBlocks): void {
    const { directory } = column;
    // First of all, so that the blocks never have fewer elements.
    this.#setLength(column, 0);
    this.#tables.deleteAllChunks(directory.meta.id);
    directory.blocks.length = 0;
    column.dropAll();
  }

  /** Rewrites all elements in order, into blocks that are as full as possible. */
  compact(column: ResidentBlocks): void {
    const { directory } = column;
    const { blocks, length, meta } = directory;
    const old = [...blocks];
    // The new blocks come behind the old ones, and get their numbers when these are gone.
    const no = (old.at(-1)?.no ?? -1) + 1;
    let [count, passed] = [0, 0];
    let rest: EncodedBlock | undefined;
    let first = 0;
    for (const block of old) {
      const elements = this.#reads.read(column, block.first, block.first + block.count, false);
      passed += block.count;
      // The last block of a compressed column is sealed too.
      const isEnd = passed === length && this.#sealing === undefined;
      const parts = this.#partsOf(rest ? joined(rest, elements) : elements, isEnd, column);
      // The last part may be filled up by the next block.
      const open = passed < length ? parts.pop() : undefined;
      for (const part of parts) {
        this.#put(column, no + count++, first, part);
        first += part.elements.count;
      }
      rest = open?.elements;
      this.#delete(column, block);
    }
    this.#tables.move(meta.id, no - 1, 0, -no);
    column.invalidate();
  }

  /** Writes a block. The last one of a column gets room for more. */
  #put(column: ResidentBlocks, no: number, first: number, { elements, isLast }: Part): Block {
    const { count, data, offsets } = elements;
    const wanted = Math.max(data.length, count * this.#perRow);
    const fill = fillBytes(column);
    const isRoomy = isLast && wanted <= fill;
    if (this.#sealing && !isRoomy) return this.#putSealed(column, no, first, elements);
    // Python cannot read an empty payload.
    const capacity = isRoomy ? Math.min(fill, growingBytes(wanted)) : Math.max(1, data.length);
    const rows = Math.max(1, count, isRoomy ? this.#rowsFor(capacity) : 0);
    const payload = capacity === data.length ? data : Buffer.alloc(capacity);
    if (payload !== data) payload.set(data);
    const block = { no, first, count, used: data.length, capacity, rows };
    const bounds = this.#sealing?.elemSize ? null : boundsAsBytes(offsets as Float64Array, rows);
    const id = this.#tables.putBlock(column.directory.meta.id, block, payload, bounds);
    column.drop(id);
    return { id, ...block };
  }

  /** Writes a block that takes no more elements, in as few bytes as possible. */
  #putSealed(column: ResidentBlocks, no: number, first: number, elements: EncodedBlock): Block {
    const sealed = (this.#sealing as Sealing).seal(elements);
    const used = elements.data.length;
    const block = { no, first, count: elements.count, used, capacity: sealed.length, rows: 0 };
    const id = this.#tables.putBlock(column.directory.meta.id, block, sealed, null);
    column.drop(id);
    return { id, ...block };
  }

  /** Returns the most elements of a block that is filled so far. */
  #rowsFor(bytes: number): number {
    return Math.max(1, Math.floor(bytes / this.#perRow));
  }

  /** Cuts elements into the parts that will be blocks. `isEnd` says that no block comes after them. */
  #partsOf(elements: EncodedBlock, isEnd: boolean, column: ResidentBlocks): Part[] {
    const offsets = elements.offsets as Float64Array;
    const fill = fillBytes(column);
    const parts: Part[] = [];
    for (let first = 0; first < elements.count; ) {
      const most = Math.min(lastWithin(offsets, first, fill), first + this.#rowsFor(fill));
      const next = Math.max(first + 1, most);
      const part = some(elements, first, next);
      parts.push({ first, elements: part, isLast: isEnd && next === elements.count });
      first = next;
    }
    return parts;
  }

  #delete(column: ResidentBlocks, block: Block): void {
    this.#tables.deleteBlock(block);
    column.drop(block.id);
  }

  #setLength({ directory }: ResidentBlocks, length: number): void {
    this.#tables.setLength(directory.meta, length, directory.length);
    directory.length = length;
  }
}

/** Returns how far the blocks of a column are filled. */
function fillBytes({ directory }: ResidentBlocks): number {
  return Math.min(FILL_BYTES, directory.meta.blockBytes);
}

/** Returns some of the elements. */
function some({ data, offsets: all }: EncodedBlock, first: number, next: number): EncodedBlock {
  const bounds = all as Float64Array;
  const start = bounds[first] as number;
  const offsets = bounds.slice(first, next + 1).map((bound) => bound - start);
  return { count: next - first, data: data.subarray(start, bounds[next]), offsets };
}
