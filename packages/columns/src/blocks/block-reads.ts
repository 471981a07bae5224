import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import { lastWithin } from '../chunks/variable/entry-runs.ts';
import type { ElementBytes, EncodedBlock } from '../elements/encoded-block.ts';
import type { ChunkDamage } from '../tables/chunk-damage.ts';
import { type BlockBytes, BOUND_BYTES, readBlock, readBounds, readPayload } from './block-directory.ts';
import type { Block, BlockTables } from './block-tables.ts';
import type { ResidentBlocks } from './resident-blocks.ts';

/** Reads the elements of one column from its blocks, which may or may not be resident. */
export class BlockReads {
  readonly #connection: Access;
  readonly #tables: BlockTables;
  readonly #damage: ChunkDamage;
  readonly #name: string;

  constructor(connection: Access, tables: BlockTables, damage: ChunkDamage, name: string) {
    this.#connection = connection;
    this.#tables = tables;
    this.#damage = damage;
    this.#name = name;
  }

  /** Copies elements. If `mayKeep` is false, blocks that are not resident do not become so. */
  read(column: ResidentBlocks, start: number, end: number, mayKeep = true): EncodedBlock {
    const { directory } = column;
    const offsets = this.#allocated(end - start, () => new Float64Array(end - start + 1));
    const parts: Buffer[] = [];
    let bytes = 0;
    for (let index = start; index < end; ) {
      const block = directory.blocks[directory.placeOf(index)] as Block;
      const from = index - block.first;
      const to = Math.min(block.count, end - block.first);
      const present = column.block(block.id) ?? (mayKeep ? this.#kept(column, block, block.used) : undefined);
      const bounds = present?.offsets.subarray(from, to + 1) ?? readBounds(this.#tables, this.#damage, block, from, to);
      const [first, last] = [bounds[0] as number, bounds.at(-1) as number];
      const what = () => `column ${JSON.stringify(this.#name)}`;
      this.#connection.shared.untrusted?.checkStored(bytes + last - first, what);
      let part = present?.payload.subarray(first, last);
      if (!part) {
        part = this.#allocated(last - first, () => Buffer.allocUnsafeSlow(last - first));
        readPayload(this.#tables, this.#damage, block, first, part);
      }
      parts.push(part);
      for (let nth = 1; nth < bounds.length; nth++) {
        offsets[index - start + nth] = bytes + (bounds[nth] as number) - first;
      }
      bytes += last - first;
      index = block.first + to;
    }
    const data = this.#allocated(bytes, () => Buffer.allocUnsafeSlow(bytes));
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return { count: end - start, data, offsets };
  }

  /** Finds an element in memory. Returns false if it is not there. */
  find(column: ResidentBlocks, index: number, target: ElementBytes): boolean {
    const { directory } = column;
    if (index >= directory.length) return false;
    const block = directory.blocks[directory.placeOf(index)] as Block;
    const present = column.block(block.id);
    if (!present) return false;
    setBounds(target, present, index - block.first);
    return true;
  }

  /** Finds an element that exists, and reads it if it is not in memory. */
  locate(column: ResidentBlocks, index: number, target: ElementBytes): void {
    const { directory } = column;
    const block = directory.blocks[directory.placeOf(index)] as Block;
    const nth = index - block.first;
    const present = column.block(block.id) ?? this.#kept(column, block, block.used / block.count);
    if (present) {
      setBounds(target, present, nth);
      return;
    }
    const [start, end] = readBounds(this.#tables, this.#damage, block, nth, nth + 1) as unknown as [number, number];
    target.bytes = this.#allocated(end - start, () => Buffer.allocUnsafeSlow(end - start));
    target.start = 0;
    target.end = end - start;
    readPayload(this.#tables, this.#damage, block, start, target.bytes);
  }

  /** Returns the bounds of all elements of a block. */
  boundsOf(column: ResidentBlocks, block: Block): Float64Array {
    const present = column.block(block.id) ?? this.#kept(column, block, block.used);
    return present?.offsets ?? readBounds(this.#tables, this.#damage, block, 0, block.count);
  }

  /** Counts the elements of a range, as long as they have at most so many bytes together. */
  countWithin(column: ResidentBlocks, start: number, end: number, bytes: number): number {
    const { directory } = column;
    let [count, left] = [0, bytes];
    while (start + count < end) {
      const block = directory.blocks[directory.placeOf(start + count)] as Block;
      const from = start + count - block.first;
      const to = Math.min(block.count, end - block.first);
      const bounds = this.boundsOf(column, block).subarray(0, to + 1);
      const last = lastWithin(bounds, from, left);
      count += last - from;
      left -= (bounds[last] as number) - (bounds[from] as number);
      if (last < to) break;
    }
    return count;
  }

  /** Reads a block that should stay in memory, if so many of its bytes are needed. */
  #kept(column: ResidentBlocks, block: Block, needed: number): BlockBytes | undefined {
    const whole = block.used + (block.count + 1) * BOUND_BYTES;
    if (!column.isWorthKeeping(block.id, needed, whole)) return undefined;
    column.begin();
    const bytes = readBlock(this.#tables, this.#damage, block);
    column.keep(block.id, bytes);
    return bytes;
  }

  #allocated<T>(bytes: number, allocate: () => T): T {
    try {
      return allocate();
    } catch (cause) {
      throw new InvalidArgument(
        `column ${JSON.stringify(this.#name)}: there is not enough memory for ${bytes} bytes of elements; read fewer`,
        { cause },
      );
    }
  }
}

function setBounds(target: ElementBytes, { payload, offsets }: BlockBytes, nth: number): void {
  target.bytes = payload;
  target.start = offsets[nth] as number;
  target.end = offsets[nth + 1] as number;
}
