import { checkOptions, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
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
import { ARROW_RULES, type ArrowOptions } from './arrow/arrow-options.ts';
import type { ArrowElements, ArrowVector } from './arrow/arrow-types.ts';
import { arrowModule } from './arrow/load-arrow.ts';
import { type BatchOptions, batchesOf } from './bulk/batches.ts';
import { copyIndexes, resolveIndexes } from './bulk/indexes.ts';
import { checkBound, checkIndex, clip, pick, resolveIndex } from './bulk/ranges.ts';
import type { ColumnStats, ColumnStore, Layout, ResidentNumbers } from './elements/column-store.ts';
import type { ColumnBuffers, ColumnView } from './elements/column-view.ts';
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
import { copyInto, isCopied, roomOf } from './elements/read-into.ts';
import { arrowData } from './export/to-arrow.ts';
import { type Followed, type Following, follow, followPages } from './following/follow.ts';
import type { FollowOptions } from './following/follow-options.ts';
import type { FollowedPage } from './following/followed-pages.ts';
import { PageSize } from './page-size.ts';
import type { ColumnCache } from './pending/column-cache.ts';
import { Sequence } from './sequence.ts';
import { NumberMethods } from './statistics/number-methods.ts';
import { boundsOf, type NumberSource } from './statistics/number-source.ts';

/**
 * A sequence of elements of one dtype in a file. Pending elements come after the committed ones, and are read and
 * changed like them.
 */
export class Column<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>
  extends NumberMethods<D, I, T>
  implements ColumnView<D, I, T>, Cached
{
  readonly #connection: Connection;
  readonly #cache: ColumnCache;
  readonly #store: ColumnStore;
  readonly #elements: Sequence;
  readonly #codec: ElementCodec<D, I, T>;
  /** The resident numbers, if reading returns them as they are. */
  readonly #numbers: ResidentNumbers | undefined;
  readonly #numberType: ElementInfo | undefined;
  /** The type of the numbers that are searched by value; floats of one value may differ in their bytes. */
  readonly #searched: ElementInfo | undefined;
  readonly #found: ElementBytes = { bytes: Buffer.alloc(0), start: 0, end: 0 };

  /** @internal */
  constructor(connection: Connection, cache: ColumnCache, codec: ElementCodec<D, I, T>) {
    super();
    this.#connection = connection;
    this.#cache = cache;
    this.#store = cache.store;
    this.#elements = new Sequence(connection, cache, codec.info.elemSize);
    this.#codec = codec;
    this.#numberType = codec.plainNumbers;
    this.#searched = codec.info.dtype === 'f16' ? codec.info.element : codec.plainNumbers;
    this.#numbers = codec.plainNumbers && cache.store.numbers;
  }

  get name(): string {
    return this.#store.name;
  }

  /** The tables that hold the column: those of Python 0.4 to 0.9, or those of Python 1.x. */
  get layout(): Layout {
    return this.#store.layout;
  }

  get dtype(): D {
    return this.#codec.info.dtype as D;
  }

  get length(): number {
    this.#assertOpen();
    return this.#elements.length;
  }

  get bytes(): number {
    this.#assertOpen();
    return this.#elements.bytes;
  }

  at(index: number): ElementOf<D, I, T> | undefined {
    this.#assertOpen();
    if (this.#numbers !== undefined) {
      const column = this.#numbers.fresh();
      if (typeof index === 'number' && index >= 0 && index < column.length) {
        const segment = column.segmentAt(index);
        // Nothing is found for an index that is not a whole number.
        const value = segment?.values?.[index - segment.start];
        if (value !== undefined) return value as ElementOf<D, I, T>;
      }
    }
    return this.#elementAt(checkIndex('at', index));
  }

  /** Replaces one element. */
  set(index: number, value: InputOf<D, T>): void {
    checkIndex('set', index);
    const block = this.#encoded(value);
    if (index >= 0) this.#elements.set(this.#resolve('set', index), block);
    // Only the transaction knows for sure which element is the last.
    else this.#elements.change(index, () => this.#elements.write(this.#resolve('set', index), block));
  }

  /** Adds one element at the end. Returns the new length. */
  append(value: InputOf<D, T>): number {
    const cache = this.#cache;
    if (!cache.active) return this.#elements.appendNow(this.#encoded(value));
    this.#connection.checkWritable();
    const { elemSize } = this.#codec.info;
    // Read first, because it may throw, and then nothing must have changed.
    const committed = this.#store.length;
    const pending = elemSize > 0 ? cache.addNumber(value, elemSize) : 0;
    return pending > 0 ? committed + pending : this.#elements.append(this.#encoded(value));
  }

  /** Adds elements at the end. Returns the new length. */
  push(...values: InputOf<D, T>[]): number {
    return this.extend(values);
  }

  /**
   * Adds all elements of an array, a typed array, a tensor, a vector of Arrow or another iterable, or none. Returns the new
   * length.
   */
  extend(values: Elements<D, T> | ArrowElements): number {
    const block = this.#codec.encodeAll(values);
    if (block.count === 0) return this.length;
    return this.#elements.append(block);
  }

  /**
   * Checks a value. Returns what `appendPrepared` adds, and what cannot be refused any more.
   * @internal
   */
  prepare(value: unknown): unknown {
    const type = this.#numberType?.type;
    // The commonest numbers are added as they are, which costs less than to encode them.
    if (type === 'f64' && typeof value === 'number') return value;
    if (type === 'i64' && typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return value;
    return this.#encoded(value as InputOf<D, T>);
  }

  /**
   * Does the same for many values.
   * @internal
   */
  prepareAll(values: Elements<D, T> | ArrowElements): EncodedBlock {
    return this.#codec.encodeAll(values);
  }

  /**
   * Adds what `prepare` or `prepareAll` has returned. Returns the new length.
   * @internal
   */
  appendPrepared(prepared: unknown): number {
    if (typeof prepared === 'object') return this.#elements.append(prepared as EncodedBlock);
    return this.append(prepared as InputOf<D, T>);
  }

  slice(start?: number, end?: number, step?: number): BlockOf<D, I, T> {
    this.#assertOpen();
    checkBound('slice', start);
    checkBound('slice', end);
    const column = this.#numbers !== undefined && step === undefined ? this.#numbers.fresh() : undefined;
    // Checked after `fresh`, which takes in what has happened to the transaction.
    if (column !== undefined && this.#cache.pending.count === 0) {
      const from = clip(start, column.length, 0);
      const to = clip(end, column.length, column.length);
      const segment = from < to ? column.segmentAt(from) : undefined;
      if (segment?.values !== undefined && to <= segment.end) {
        return segment.values.slice(from - segment.start, to - segment.start) as BlockOf<D, I, T>;
      }
    }
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
          `setSlice: ${block.count} elements from ${start} on do not fit; the column has ${length}, ` +
            'and only extend and insert add elements',
        );
      }
      this.#elements.write(from, block);
    });
  }

  take(indexes: Iterable<number>): BlockOf<D, I, T> {
    this.#assertOpen();
    const places = copyIndexes('take', indexes);
    return this.#connection.consistently(() =>
      this.#decoded(this.#elements.take(resolveIndexes('take', places, this.length))),
    );
  }

  batches(options?: BatchOptions): Generator<BlockOf<D, I, T>, undefined> {
    this.#assertOpen();
    const elements = this.#elements;
    return batchesOf<BlockOf<D, I, T>>(options, {
      get length() {
        return elements.length;
      },
      consistently: (read) => this.#connection.consistently(read),
      countWithin: (start, end, bytes) => elements.countWithin(start, end, bytes),
      read: (start, end) => this.#decoded(elements.read(start, end)),
    });
  }

  buffers(start?: number, end?: number): ColumnBuffers {
    checkBound('buffers', start);
    checkBound('buffers', end);
    return this.#connection.consistently(() => {
      const { data, offsets } = this.#range(start, end);
      return { data, offsets };
    });
  }

  readInto(target: TypedArray, start = 0): number {
    checkIndex('readInto', start);
    const { info } = this.#codec;
    const room = roomOf(info, target);
    return this.#connection.consistently(() => {
      const { length } = this;
      const from = clip(start, length, 0);
      const to = Math.min(length, from + room);
      if (isCopied(info)) {
        const bytes = (to - from) * info.elemSize;
        this.#elements.readInto(from, to, Buffer.from(target.buffer, target.byteOffset, bytes));
      } else {
        copyInto(this.#codec, this.#elements.read(from, to), target);
      }
      return to - from;
    });
  }

  sliceTensor(start?: number, end?: number): BlockTensorOf<D> {
    checkBound('sliceTensor', start);
    checkBound('sliceTensor', end);
    return this.#connection.consistently(() => this.#codec.decodeTensor(this.#range(start, end)));
  }

  toArrow<V = ArrowVector>(options?: ArrowOptions): V {
    checkOptions('toArrow', options, ARROW_RULES);
    const arrow = arrowModule('toArrow', options?.arrow);
    return this.#connection.consistently(() => {
      const [start, end] = boundsOf('toArrow', options ?? {}, this.length);
      return arrow.makeVector(arrowData(arrow, this as unknown as ColumnView, { start, end })) as V;
    });
  }

  indexOf(value: InputOf<D, T>, from = 0): number {
    const wanted = this.#wantedBytes(value);
    if (wanted === undefined) return -1;
    const number = this.#searched && this.#codec.decode(wanted, 0, wanted.length);
    // NaN does not equal itself.
    return Number.isNaN(number) ? -1 : this.#search(wanted, number, checkIndex('indexOf', from));
  }

  includes(value: InputOf<D, T>, from = 0): boolean {
    const wanted = this.#wantedBytes(value);
    if (wanted === undefined) return false;
    const number = this.#searched && this.#codec.decode(wanted, 0, wanted.length);
    return this.#search(wanted, number, checkIndex('includes', from)) >= 0;
  }

  /** Reverses the order of all elements. */
  reverse(): this {
    this.#elements.change(0, () => {
      const { length } = this;
      const { elemSize } = this.#codec.info;
      const page = new PageSize(elemSize);
      for (let start = 0, end = length; start < end; ) {
        // The last two pages may share the element in the middle, which stays in its place.
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

  /** Inserts an element before the one at `index`, which is clipped as by `Array.prototype.splice`. */
  insert(index: number, value: InputOf<D, T>): void {
    checkIndex('insert', index);
    const block = this.#encoded(value);
    if (this.#cache.active && index >= this.length) {
      this.#elements.append(block);
      return;
    }
    this.#elements.change(index, () => this.#elements.splice(clip(index, this.length, 0), 0, block));
  }

  /** Removes one element. Returns it. */
  remove(index: number): ElementOf<D, I, T> {
    checkIndex('remove', index);
    return this.#elements.change(index, () => {
      const at = this.#resolve('remove', index);
      const element = this.#elementAt(at) as ElementOf<D, I, T>;
      this.#elements.splice(at, 1, EMPTY_BLOCK);
      return element;
    });
  }

  /** Removes the elements of a range. Returns their number. */
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

  /** Shortens the column to its first `length` elements. Returns the number of removed ones. */
  truncate(length: number): number {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new InvalidArgument(`truncate: the length is ${describe(length)}; expected a whole number, at least 0`);
    }
    return this.#elements.change(length, () => {
      const count = this.length - length;
      if (count < 0) {
        throw new InvalidArgument(
          `truncate: column ${JSON.stringify(this.name)} has ${this.length} elements; expected at most that, got ` +
            `${length}; use extend to make it longer`,
        );
      }
      if (count > 0) this.#elements.splice(length, count, EMPTY_BLOCK);
      return count;
    });
  }

  /** Removes the last element. Returns it, or undefined if the column is empty. */
  pop(): ElementOf<D, I, T> | undefined {
    return this.#elements.change(-1, () => (this.length === 0 ? undefined : this.remove(-1)));
  }

  /** Removes all elements, and frees their space for reuse. */
  clear(): void {
    this.#elements.clear();
  }

  /** Iterates over pages, each of which is one consistent read. Changes to elements not reached yet are seen. */
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

  /**
   * Returns the elements that are appended from now on, or those from an index on, and waits for more: what `tail -f` does
   * with a file. It tells what is in the file, no matter which thread or process appends; pending elements come when they
   * are flushed. If the column becomes shorter, it goes on at the new end.
   */
  follow(options?: FollowOptions): Following<ElementOf<D, I, T>> {
    return follow(this.#followed(), options);
  }

  /** @internal */
  followPages(options?: FollowOptions): Following<FollowedPage<ElementOf<D, I, T>>> {
    return followPages(this.#followed(), options);
  }

  enableCache(options?: CacheOptions): void {
    this.#assertOpen();
    this.#cache.writeBack.enable(options);
  }

  disableCache(): void {
    this.#assertOpen();
    this.#cache.writeBack.disable();
  }

  flushCache(): number {
    this.#assertOpen();
    return this.#cache.writeBack.flush();
  }

  cache<R>(body: (column: this) => R): R;
  cache<R>(options: CacheOptions, body: (column: this) => R): R;
  cache<R>(first: CacheOptions | ((column: this) => R), second?: (column: this) => R): R {
    this.#assertOpen();
    return this.#cache.writeBack.scope(this, first, second);
  }

  stats(): ColumnStats {
    this.#assertOpen();
    return this.#store.stats();
  }

  /** Frees the space that removed elements left, and that growth has reserved. */
  compact(): void {
    this.#elements.change(0, () => this.#store.compact());
  }

  /**
   * Returns what statistics see of the column.
   * @internal
   */
  protected override source(): NumberSource {
    const { kind, element } = this.#codec.info;
    const elements = this.#elements;
    return {
      name: this.name,
      dtype: this.dtype,
      element: kind === 'scalar' ? element : undefined,
      asNumbers: this.#numberType === undefined,
      get length() {
        return elements.length;
      },
      consistently: (read) => this.#connection.consistently(read),
      visit: (start, end, visitor, known) => elements.visit(start, end, visitor, known),
      at: (index) => this.#elementAt(index),
    };
  }

  #assertOpen(): void {
    this.#connection.assertOpen();
  }

  #followed(): Followed<ElementOf<D, I, T>> {
    this.#assertOpen();
    const store = this.#store;
    const page = new PageSize(this.#codec.info.elemSize);
    return {
      connection: this.#connection,
      get length() {
        return store.length;
      },
      page: (start) => {
        const block = store.read(start, Math.min(store.length, start + page.elements));
        page.learn(block.count, block.data.length);
        return this.#decoded(block) as ArrayLike<ElementOf<D, I, T>>;
      },
    };
  }

  #encoded(value: InputOf<D, T>): EncodedBlock {
    return single(this.#codec.encode(value), this.#codec.info.isVarsize);
  }

  /** Returns the value's bytes, or undefined if it cannot be an element. */
  #wantedBytes(value: InputOf<D, T>): Buffer | undefined {
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
    const found = this.#found;
    const at = index < 0 ? index + this.length : index;
    return this.#elements.locate(at, found) ? this.#codec.decode(found.bytes, found.start, found.end) : undefined;
  }

  #slice(start: number | undefined, end: number | undefined, step = 1): BlockOf<D, I, T> {
    if (!Number.isSafeInteger(step) || step === 0) {
      throw new InvalidArgument(`slice: the step is ${describe(step)}; expected a whole number other than 0`);
    }
    if (step !== 1) return this.#codec.decodeAll(this.#elements.pick(pick(this.length, start, end, step)));
    return this.#decoded(this.#range(start, end));
  }

  /** Returns the bytes of a range, whose bounds are clipped. */
  #range(start: number | undefined, end: number | undefined): EncodedBlock {
    const { length } = this;
    const from = clip(start, length, 0);
    return this.#elements.read(from, Math.max(from, clip(end, length, length)));
  }

  #decoded(block: EncodedBlock): BlockOf<D, I, T> {
    // Memory that only the block uses becomes the result.
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

  /** Searches page by page: by value if the elements are numbers, by bytes otherwise. */
  #search(wanted: Buffer, number: unknown, from: number): number {
    return this.#connection.consistently(() => {
      const { length } = this;
      const page = new PageSize(this.#codec.info.elemSize);
      for (let start = clip(from, length, 0); start < length; ) {
        const block = this.#elements.read(start, Math.min(length, start + page.elements));
        const found = this.#searched
          ? indexOfNumber(this.#decoded(block) as ArrayLike<unknown>, number)
          : indexOfBytes(block, wanted);
        if (found >= 0) return start + found;
        page.learn(block.count, block.data.length);
        start += block.count;
      }
      return -1;
    });
  }
}
