import type { Access } from '@kohakuvault/core-native/internal/database';
import type { ColumnStats, ColumnStore, Layout } from '../elements/column-store.ts';
import type { ElementBytes, EncodedBlock } from '../elements/encoded-block.ts';
import type { BlockStore } from './block-store.ts';
import { evenBounds } from './sealing.ts';

/** The bytes that are read at a time. */
const WINDOW_BYTES = 256 * 1024;

/** A compressed column whose elements have one size. Its blocks are those of elements that vary, without bounds. */
export class EvenBlockStore implements ColumnStore {
  readonly #connection: Access;
  readonly #blocks: BlockStore;
  readonly #elemSize: number;

  constructor(connection: Access, blocks: BlockStore, elemSize: number) {
    this.#connection = connection;
    this.#blocks = blocks;
    this.#elemSize = elemSize;
  }

  get name(): string {
    return this.#blocks.name;
  }

  get layout(): Layout {
    return this.#blocks.layout;
  }

  get dtype(): string {
    return this.#blocks.dtype;
  }

  get length(): number {
    return this.#blocks.length;
  }

  get bytes(): number {
    return this.#blocks.length * this.#elemSize;
  }

  get generation(): number {
    return this.#blocks.generation;
  }

  read(start: number, end: number): EncodedBlock {
    const { count, data } = this.#blocks.read(start, end);
    return { count, data };
  }

  readInto(start: number, end: number, target: Buffer): void {
    this.visit(start, end, (bytes, first) => {
      target.set(bytes, (first - start) * this.#elemSize);
      return true;
    });
  }

  visit(start: number, end: number, visitor: (bytes: Uint8Array, first: number) => boolean): void {
    const step = Math.max(1, Math.floor(WINDOW_BYTES / this.#elemSize));
    this.#connection.consistently(() => {
      for (let first = start; first < end; first += step) {
        const { data } = this.#blocks.read(first, Math.min(end, first + step));
        if (!visitor(data, first)) return;
      }
    });
  }

  locate(index: number, target: ElementBytes): void {
    this.#blocks.locate(index, target);
  }

  write(start: number, block: EncodedBlock): void {
    this.#blocks.write(start, this.#bounded(block));
  }

  append(block: EncodedBlock): number {
    return this.#blocks.append(this.#bounded(block));
  }

  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    this.#blocks.splice(start, deleteCount, this.#bounded(block));
  }

  clear(): void {
    this.#blocks.clear();
  }

  stats(): ColumnStats {
    return this.#blocks.stats();
  }

  compact(): void {
    this.#blocks.compact();
  }

  #bounded({ count, data }: EncodedBlock): EncodedBlock {
    return { count, data, offsets: evenBounds(count, this.#elemSize) };
  }
}
