import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import { lastWithin } from '../chunks/variable/entry-runs.ts';
import type { ElementBytes, EncodedBlock } from '../elements/encoded-block.ts';
import type { ChunkDamage } from '../tables/chunk-damage.ts';
import { type BlockBytes, BOUND_BYTES, readBounds, readPayload } from './block-directory.ts';
import type { Block, BlockTables } from './block-tables.ts';
import type { ResidentBlocks } from './resident-blocks.ts';
import { evenBounds, isSealed, type Sealing } from './sealing.ts';

/** Reads the elements of one column from its blocks, which may or may not be resident. */
export class BlockReads {
  readonly #connection: Access;
  readonly #tables: BlockTables;
  readonly #damage: ChunkDamage;
  readonly #name: string;
  readonly #sealing: Sealing | undefined;

  constructor(of: {
    connection: Access;
    tables: BlockTables;
    damage: ChunkDamage;
    name: string;
    sealing: Sealing | undefined;
  }) {
    this.#connection = of.connection;
    this.#tables = of.tables;
    this.#damage = of.damage;
    this.#name = of.name;
    this.#sealing = of.sealing;
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
      const kept = column.block(block.id) ?? (mayKeep ? this.#kept(column, block, block.used) : undefined);
      const present = kept ?? (isSealed(block) ? this.#whole(block) : undefined);
      const bounds = present?.offsets.subarray(from, to + 1) ?? this.#bounds(block, from, to);
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
    const kept = column.block(block.id) ?? this.#kept(column, block, block.used / block.count);
    const present = kept ?? (isSealed(block) ? this.#whole(block) : undefined);
    if (present) {
      setBounds(target, present, nth);
      return;
    }
    const [start, end] = this.#bounds(block, nth, nth + 1) as unknown as [number, number];
    target.bytes = this.#allocated(end - start, () => Buffer.allocUnsafeSlow(end - start));
    target.start = 0;
    target.end = end - start;
    readPayload(this.#tables, this.#damage, block, start, target.bytes);
  }

  /** Returns the bounds of all elements of a block. */
  boundsOf(column: ResidentBlocks, block: Block): Float64Array {
    const kept = column.block(block.id) ?? this.#kept(column, block, block.used);
    const present = kept ?? (isSealed(block) ? this.#whole(block) : undefined);
    return present?.offsets ?? this.#bounds(block, 0, block.count);
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
    // A sealed block is opened as a whole, whatever is needed of it.
    if (!column.isWorthKeeping(block.id, isSealed(block) ? whole : needed, whole)) return undefined;
    column.begin();
    const bytes = this.#whole(block);
    column.keep(block.id, bytes);
    return bytes;
  }

  /** Reads a block. Throws if its bounds do not fit its payload. */
  #whole(block: Block): BlockBytes {
    if (isSealed(block) && this.#sealing) {
      const sealed = this.#allocated(block.capacity, () => Buffer.allocUnsafeSlow(block.capacity));
      readPayload(this.#tables, this.#damage, block, 0, sealed);
      return this.#sealing.open(sealed, block, this.#damage);
    }
    const offsets = this.#bounds(block, 0, block.count);
    const payload = Buffer.allocUnsafeSlow(block.used);
    readPayload(this.#tables, this.#damage, block, 0, payload);
    return { payload, offsets };
  }

  /** Reads the bounds of the elements from one up to another of a block that is not sealed. */
  #bounds(block: Block, from: number, to: number): Float64Array {
    const elemSize = this.#sealing?.elemSize ?? 0;
    if (elemSize === 0) return readBounds(this.#tables, this.#damage, block, from, to);
    if (block.used !== block.count * elemSize) {
      throw this.#damage.wrong(block.no, `it says that ${block.count} elements have ${block.used} bytes`);
    }
    return evenBounds(to - from, elemSize).map((bound) => bound + from * elemSize);
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
