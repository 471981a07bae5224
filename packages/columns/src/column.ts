import { describe, InvalidArgument, refuseDetached } from '@kohakuvault/core-native/internal';
import type { Cached, CacheOptions, Connection } from '@kohakuvault/core-native/internal/database';
import type {
  BlockOf,
  BlockTensorOf,
  DType,
  ElementInfo,
  ElementOf,
  Elements,
  InputOf,
  Int64,
  TypedArray,
} from '@kohakuvault/packer';
import type { ColumnView } from './column-view.ts';
import type { ColumnStats, ColumnStore, ResidentNumbers } from './elements/column-store.ts';
import type { ElementCodec } from './elements/element-codec.ts';
import {
  type ElementBytes,
  EMPTY_BLOCK,
  type EncodedBlock,
  indexOfBytes,
  indexOfNumber,
  reversed,
  single,
} from './elements/encoded-block.ts';
import { PageSize } from './page-size.ts';
import type { ColumnCache } from './pending/column-cache.ts';
import { checkBound, checkIndex, clip, pick, resolveIndex } from './ranges.ts';
import { Sequence } from './sequence.ts';

/**
 * A sequence of elements of one type in a file. What a cache holds back stands behind the committed elements, and is read
 * and changed like them.
 */
export class Column<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>
  implements ColumnView<D, I, T>, Cached
{
  readonly #connection: Connection;
  readonly #cache: ColumnCache;
  readonly #store: ColumnStore;
  readonly #elements: Sequence;
  readonly #codec: ElementCodec<D, I, T>;
  /** The store, where its segments hold the elements as they come back. */
  readonly #numbers: ResidentNumbers | undefined;
  readonly #numberType: ElementInfo | undefined;
  readonly #located: ElementBytes = { bytes: Buffer.alloc(0), start: 0, end: 0 };

  /** @internal */
  constructor(connection: Connection, cache: ColumnCache, codec: ElementCodec<D, I, T>) {
    this.#connection = connection;
    this.#cache = cache;
    this.#store = cache.store;
    this.#elements = new Sequence(connection, cache, codec.info.elemSize);
    this.#codec = codec;
    this.#numberType = codec.plainNumbers;
    this.#numbers = codec.plainNumbers && cache.store.numbers;
  }

  get name(): string {
    return this.#store.name;
  }

  /** The dtype in its plain spelling. */
  get dtype(): D {
    return this.#codec.info.dtype as D;
  }

  get length(): number {
    this.#use();
    return this.#elements.length;
  }

  /** Bytes of all elements, as they are encoded. */
  get bytes(): number {
    this.#use();
    return this.#elements.bytes;
  }

  /** The element, or undefined where there is none. */
  at(index: number): ElementOf<D, I, T> | undefined {
    this.#use();
    if (this.#numbers !== undefined) {
      const column = this.#numbers.fresh();
      if (index >= 0 && index < column.length) {
        const segment = column.segmentAt(index);
        // Of an index that is no whole number there is nothing here.
        const value = segment?.values?.[index - segment.start];
        if (value !== undefined) return value as ElementOf<D, I, T>;
      }
    }
    return this.#elementAt(checkIndex('at', index));
  }

  /** Replaces one element. */
  set(index: number, value: InputOf<D, T>): void {
    checkIndex('set', index);
    const block = this.#one(value);
    if (index >= 0) this.#elements.set(this.#resolve('set', index), block);
    // Which element is the last is known for sure only in the transaction.
    else this.#elements.change(index, () => this.#elements.write(this.#resolve('set', index), block));
  }

  /** Adds one element at the end; the new length. */
  append(value: InputOf<D, T>): number {
    const cache = this.#cache;
    if (!cache.active) return this.#elements.appendNow(this.#one(value));
    this.#connection.checkWritable();
    const { elemSize } = this.#codec.info;
    // Looked up first: what throws must have changed nothing.
    const { length } = this.#elements;
    return elemSize > 0 && cache.addNumber(value, elemSize) ? length + 1 : this.#elements.append(this.#one(value));
  }

  /** Adds elements at the end; the new length. */
  push(...values: InputOf<D, T>[]): number {
    return this.extend(values);
  }

  /** Adds all elements of an array, a typed array, a tensor or another iterable: all of them or none. The new length. */
  extend(values: Elements<D, T>): number {
    const block = this.#codec.encodeAll(values);
    if (block.count === 0) return this.length;
    return this.#elements.append(block);
  }

  /** The elements of a range, every `step`th of them; a negative step runs backwards, as in Python. */
  slice(start?: number, end?: number, step?: number): BlockOf<D, I, T> {
    this.#use();
    const column = this.#numbers !== undefined && step === undefined ? this.#numbers.fresh() : undefined;
    // In this order: what has happened to the transaction is known only now.
    if (column !== undefined && this.#cache.pending.count === 0) {
      const from = clip(start, column.length, 0);
      const to = clip(end, column.length, column.length);
      const segment = from < to ? column.segmentAt(from) : undefined;
      if (segment?.values !== undefined && to <= segment.end && Number.isInteger(from) && Number.isInteger(to)) {
        return segment.values.slice(from - segment.start, to - segment.start) as BlockOf<D, I, T>;
      }
    }
    checkBound('slice', start);
    checkBound('slice', end);
    return this.#connection.consistently(() => this.#slice(start, end, step));
  }

  /** Replaces as many elements as are given, from `start` on. */
  setSlice(start: number, values: Elements<D, T>): void {
    checkIndex('setSlice', start);
    const block = this.#codec.encodeAll(values);
    this.#elements.change(start, () => {
      const { length } = this;
      const from = start < 0 ? start + length : start;
      if (from < 0 || from + block.count > length) {
        throw new InvalidArgument(
          `setSlice: ${block.count} elements from ${start} on do not fit; the column has ${length}, and setSlice adds none`,
        );
      }
      this.#elements.write(from, block);
    });
  }

  /**
   * Copies elements from `start` on into a typed array of the column's numbers, as many as it has room for; how many. Of
   * vectors the numbers are copied back to back.
   */
  readInto(target: TypedArray, start = 0): number {
    checkIndex('readInto', start);
    const { kind, element, shape } = this.#codec.info;
    const perElement = (shape ?? []).reduce((product, size) => product * size, 1);
    if (!element || (kind === 'vec' && !shape)) {
      throw new InvalidArgument(`readInto: the elements of ${this.dtype} are no numbers of one shape; use slice`);
    }
    if (!(target instanceof element.array)) {
      throw new InvalidArgument(`readInto: the target is ${describe(target)}; expected a ${element.array.name}`);
    }
    refuseDetached('readInto: the target', target);
    return this.#connection.consistently(() => {
      const { length } = this;
      const from = clip(start, length, 0);
      const to = Math.min(length, from + Math.floor(target.length / perElement));
      if (kind === 'scalar') {
        this.#elements.readInto(from, to, Buffer.from(target.buffer, target.byteOffset, (to - from) * element.size));
      } else {
        const { data } = this.#codec.decodeTensor(this.#elements.read(from, to)) as { data: TypedArray };
        target.set(data as never);
      }
      return to - from;
    });
  }

  /** The elements of a range as one tensor, whose first dimension is their number: of vectors of one shape. */
  sliceTensor(start?: number, end?: number): BlockTensorOf<D> {
    checkBound('sliceTensor', start);
    checkBound('sliceTensor', end);
    return this.#connection.consistently(() => {
      const { length } = this;
      const from = clip(start, length, 0);
      return this.#codec.decodeTensor(this.#elements.read(from, Math.max(from, clip(end, length, length))));
    });
  }

  /** The first element that equals the value, from an index on; -1 without one. Documents are equal in their encoding. */
  indexOf(value: InputOf<D, T>, from = 0): number {
    const wanted = this.#encoded(value);
    if (wanted === undefined) return -1;
    const number = this.#numberType && this.#codec.decode(wanted, 0, wanted.length);
    // A NaN equals nothing.
    return Number.isNaN(number) ? -1 : this.#search(wanted, number, checkIndex('indexOf', from));
  }

  /** Whether an element equals the value; NaN is found. */
  includes(value: InputOf<D, T>, from = 0): boolean {
    const wanted = this.#encoded(value);
    if (wanted === undefined) return false;
    const number = this.#numberType && this.#codec.decode(wanted, 0, wanted.length);
    return this.#search(wanted, number, checkIndex('includes', from)) >= 0;
  }

  /** Turns the order of all elements around. */
  reverse(): this {
    this.#elements.change(0, () => {
      const { length } = this;
      const { elemSize } = this.#codec.info;
      const page = new PageSize(elemSize);
      for (let start = 0, end = length; start < end; ) {
        // The last two pages may share the element in the middle, which both have in its place.
        const count = Math.min(page.elements, Math.ceil((end - start) / 2));
        const head = this.#elements.read(start, start + count);
        const tail = this.#elements.read(end - count, end);
        this.#elements.write(end - count, reversed(head, elemSize));
        this.#elements.write(start, reversed(tail, elemSize));
        page.learn(count, Math.max(head.data.length, tail.data.length));
        start += count;
        end -= count;
      }
    });
    return this;
  }

  /** Puts an element before the one at `index`, which is clipped as by `Array.prototype.splice`. */
  insert(index: number, value: InputOf<D, T>): void {
    checkIndex('insert', index);
    const block = this.#one(value);
    if (this.#cache.active && index >= this.length) {
      this.#elements.append(block);
      return;
    }
    this.#elements.change(index, () => this.#elements.splice(clip(index, this.length, 0), 0, block));
  }

  /** Takes one element out and returns it. */
  remove(index: number): ElementOf<D, I, T> {
    checkIndex('remove', index);
    return this.#elements.change(index, () => {
      const at = this.#resolve('remove', index);
      const element = this.#elementAt(at) as ElementOf<D, I, T>;
      this.#elements.splice(at, 1, EMPTY_BLOCK);
      return element;
    });
  }

  /** Takes out the elements of a range; how many there were. */
  removeRange(start: number, end: number): number {
    checkIndex('removeRange', start);
    checkIndex('removeRange', end);
    return this.#elements.change(start, () => {
      const { length } = this;
      const from = clip(start, length, 0);
      const count = Math.max(0, clip(end, length, length) - from);
      if (count > 0) this.#elements.splice(from, count, EMPTY_BLOCK);
      return count;
    });
  }

  /** Takes the last element out and returns it; undefined where there is none. */
  pop(): ElementOf<D, I, T> | undefined {
    return this.#elements.change(-1, () => (this.length === 0 ? undefined : this.remove(-1)));
  }

  /** Takes all elements out, and gives their room back. */
  clear(): void {
    this.#elements.clear();
  }

  /** Each page is one consistent read; the column may be changed meanwhile, and what is not reached yet is seen as it is then. */
  *[Symbol.iterator](): Generator<ElementOf<D, I, T>, undefined> {
    const page = new PageSize(this.#codec.info.elemSize);
    for (let index = 0; ; ) {
      const { elements, isChanged } = this.#connection.consistently(() => this.#page(index, page));
      if (elements.length === 0) return;
      for (let nth = 0; nth < elements.length; nth++) {
        yield elements[nth] as ElementOf<D, I, T>;
        index++;
        if (isChanged()) break;
      }
    }
  }

  enableCache(options?: CacheOptions): void {
    this.#use();
    this.#cache.writeBack.enable(options);
  }

  disableCache(): void {
    this.#use();
    this.#cache.writeBack.disable();
  }

  flushCache(): number {
    this.#use();
    return this.#cache.writeBack.flush();
  }

  cache<R>(body: (column: this) => R): R;
  cache<R>(options: CacheOptions, body: (column: this) => R): R;
  cache<R>(first: CacheOptions | ((column: this) => R), second?: (column: this) => R): R {
    this.#use();
    return this.#cache.writeBack.scope(this, first, second);
  }

  /** What the column takes in the file; pending elements are not counted. */
  stats(): ColumnStats {
    this.#use();
    return this.#store.stats();
  }

  /** Gives back what removed elements have left behind, and what growth has reserved. */
  compact(): void {
    this.#elements.change(0, () => this.#store.compact());
  }

  /** Throws where the vault is closed. */
  #use(): void {
    this.#connection.assertOpen();
  }

  #one(value: InputOf<D, T>): EncodedBlock {
    return single(this.#codec.encode(value), this.#codec.info.isVarsize);
  }

  /** The value's bytes; undefined where it cannot be an element. */
  #encoded(value: InputOf<D, T>): Buffer | undefined {
    try {
      return this.#codec.encode(value);
    } catch (error) {
      if (error instanceof InvalidArgument) return undefined;
      throw error;
    }
  }

  #resolve(what: string, index: number): number {
    return resolveIndex(`${what} in column ${JSON.stringify(this.name)}`, index, this.length);
  }

  #elementAt(index: number): ElementOf<D, I, T> | undefined {
    const located = this.#located;
    const at = index < 0 ? index + this.length : index;
    return this.#elements.locate(at, located)
      ? this.#codec.decode(located.bytes, located.start, located.end)
      : undefined;
  }

  #slice(start: number | undefined, end: number | undefined, step = 1): BlockOf<D, I, T> {
    if (!Number.isSafeInteger(step) || step === 0) {
      throw new InvalidArgument(`slice: the step is ${describe(step)}; expected a whole number other than 0`);
    }
    const { length } = this;
    if (step !== 1) return this.#codec.decodeAll(this.#elements.pick(pick(length, start, end, step)));
    const from = clip(start, length, 0);
    return this.#decoded(this.#elements.read(from, Math.max(from, clip(end, length, length))));
  }

  #decoded(block: EncodedBlock): BlockOf<D, I, T> {
    // Memory that is all the block's own becomes the result's.
    return this.#numberType && block.data.length === block.data.buffer.byteLength
      ? (new this.#numberType.array(block.data.buffer as ArrayBuffer) as BlockOf<D, I, T>)
      : this.#codec.decodeAll(block);
  }

  #page(start: number, page: PageSize) {
    const { length } = this;
    const from = Math.min(start, length);
    const isChanged = this.#elements.watch();
    const block = this.#elements.read(from, Math.min(length, from + page.elements));
    page.learn(block.count, block.data.length);
    return { elements: this.#decoded(block) as ArrayLike<ElementOf<D, I, T>>, isChanged };
  }

  /** Page by page: by number where the elements are numbers, by their bytes otherwise. */
  #search(wanted: Buffer, number: unknown, from: number): number {
    return this.#connection.consistently(() => {
      const { length } = this;
      const page = new PageSize(this.#codec.info.elemSize);
      for (let start = clip(from, length, 0); start < length; ) {
        const block = this.#elements.read(start, Math.min(length, start + page.elements));
        const found = this.#numberType
          ? indexOfNumber(this.#decoded(block) as unknown as TypedArray, number)
          : indexOfBytes(block, wanted);
        if (found >= 0) return start + found;
        page.learn(block.count, block.data.length);
        start += block.count;
      }
      return -1;
    });
  }
}
