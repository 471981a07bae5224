import {
  ARROW_RULES,
  type ArrowOptions,
  type ArrowVector,
  type AsyncColumn,
  type AsyncFollowing,
  arrowModule,
  type BatchOptions,
  batchBounds,
  blockToArrow,
  type ColumnBuffers,
  checkBatches,
  checkBound,
  checkIndex,
  copyIndexes,
  copyInto,
  type ElementCodec,
  type EncodedBlock,
  elementOf,
  type FollowOptions,
  gathered,
  indexOfBytes,
  indexOfNumber,
  type NumberSource,
  PageSize,
  pick,
  type RangeOptions,
  resolveIndexes,
  roomOf,
} from '@kohakuvault/columns/internal';
import { checkOptions, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { BlockOf, BlockTensorOf, DType, ElementOf, InputOf, Int64, TypedArray } from '@kohakuvault/packer';
import { ChangeMethods, type ColumnParts } from './columns/change-methods.ts';
import { fitting, part } from './columns/chunk-blocks.ts';
import type { ColumnContext } from './columns/column-context.ts';
import type { ColumnMeta, ColumnRows } from './columns/column-rows.ts';
import { follow } from './columns/follow.ts';
import type { NumbersRead } from './columns/number-methods.ts';

/** Each page is a round trip, so it has more elements than one of a file. */
const LONGEST_PAGE = 64 * 1024;

/** A sequence of elements of one dtype on a PostgreSQL server. See `AsyncColumn` for what its calls do. */
export class PostgresColumn<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>
  extends ChangeMethods<D, I, T>
  implements AsyncColumn<D, I, T>
{
  readonly #context: ColumnContext;
  readonly #rows: ColumnRows;
  readonly #codec: ElementCodec<D, I, T>;
  readonly #elemSize: number;
  readonly name: string;

  /** @internal */
  constructor(context: ColumnContext, name: string, codec: ElementCodec<D, I, T>, rows: ColumnRows) {
    super();
    this.#context = context;
    this.name = name;
    this.#codec = codec;
    this.#elemSize = codec.info.isVarsize ? 0 : codec.info.elemSize;
    this.#rows = rows;
  }

  get dtype(): D {
    return this.#codec.info.dtype as D;
  }

  /** Returns the number of elements. */
  async length(): Promise<number> {
    return (await this.#meta()).length;
  }

  /** Returns the bytes of all elements, as they are encoded. */
  async bytes(): Promise<number> {
    return (await this.#meta()).bytes;
  }

  /** Returns an element, or undefined if there is none at this index. Negative indexes count from the end. */
  async at(index: number): Promise<ElementOf<D, I, T> | undefined> {
    checkIndex('at', index);
    const { length, start, block } = await this.#read(index, index === -1 ? Number.MAX_SAFE_INTEGER : index + 1);
    // A negative index before the first element is clipped to it.
    if (block.count === 0 || (index < 0 && index + length !== start)) return undefined;
    return this.#codec.decode(block.data, 0, block.data.length);
  }

  /** Returns the elements of a range, every `step`th of them. A negative step runs backwards, as in Python. */
  async slice(start?: number, end?: number, step = 1): Promise<BlockOf<D, I, T>> {
    checkBound('slice', start);
    checkBound('slice', end);
    if (!Number.isSafeInteger(step) || step === 0) {
      throw new InvalidArgument(`slice: the step is ${describe(step)}; expected a whole number other than 0`);
    }
    if (step === 1) return this.#codec.decodeAll((await this.#read(start ?? 0, end ?? Number.MAX_SAFE_INTEGER)).block);
    const all = await this.#read(0, Number.MAX_SAFE_INTEGER);
    const { first, count } = pick(all.length, start, end, step);
    return this.#codec.decodeAll(this.#gathered(all.block, count, (nth) => first + nth * step));
  }

  /** Returns the elements of a range as one tensor. Only for vectors of one shape. */
  async sliceTensor(start?: number, end?: number): Promise<BlockTensorOf<D>> {
    checkBound('sliceTensor', start);
    checkBound('sliceTensor', end);
    return this.#codec.decodeTensor((await this.#read(start ?? 0, end ?? Number.MAX_SAFE_INTEGER)).block);
  }

  /** Returns the bytes of a range as they are stored, and the bounds of the elements in them if they vary in size. */
  async buffers(start?: number, end?: number): Promise<ColumnBuffers> {
    checkBound('buffers', start);
    checkBound('buffers', end);
    const { data, offsets } = (await this.#read(start ?? 0, end ?? Number.MAX_SAFE_INTEGER)).block;
    return { data, offsets };
  }

  /** Copies elements from `start` on into a typed array, as many as fit. Returns their number. */
  async readInto(target: TypedArray, start = 0): Promise<number> {
    checkIndex('readInto', start);
    const room = roomOf(this.#codec.info, target);
    // What counts from the end may begin before the first element, so all of it is read.
    const { block } = await this.#read(start, start < 0 ? Number.MAX_SAFE_INTEGER : start + room);
    const count = Math.min(room, block.count);
    // It may have been given away while the server answered.
    roomOf(this.#codec.info, target);
    copyInto(this.#codec, part(block, 0, count, this.#elemSize), target);
    return count;
  }

  /** Returns the elements of a range as a vector of the package apache-arrow. */
  async toArrow<V = ArrowVector>(options?: ArrowOptions): Promise<V> {
    checkOptions('toArrow', options, ARROW_RULES);
    const arrow = arrowModule('toArrow', options?.arrow);
    const { block } = await this.#read(options?.start ?? 0, options?.end ?? Number.MAX_SAFE_INTEGER);
    const { name, dtype } = this;
    return blockToArrow(arrow, { name, dtype, decode: (each) => this.#codec.decodeAll(each) }, block) as V;
  }

  /** Returns the elements of a range, a batch at a time. Each batch is one consistent read. */
  async *batches(options?: BatchOptions): AsyncGenerator<BlockOf<D, I, T>, void, undefined> {
    const checked = checkBatches(options);
    const { start, end } = batchBounds(checked, await this.length());
    const { size, bytes } = checked;
    const page = new PageSize(this.#elemSize);
    for (let at = start; ; ) {
      const wanted = size ?? (this.#elemSize > 0 ? Math.max(1, Math.floor(bytes / this.#elemSize)) : page.elements);
      const last = Math.min(at + wanted, end ?? Number.MAX_SAFE_INTEGER);
      if (at >= last) return;
      const { block } = await this.#read(at, last);
      if (block.count === 0) return;
      page.learn(block.count, block.data.length);
      // Elements that vary in size are divided here: how many fit is known once they are read.
      const count = size ?? (this.#elemSize > 0 ? block.count : Math.max(1, fitting(block, bytes, 0)));
      yield this.#codec.decodeAll(part(block, 0, Math.min(count, block.count), this.#elemSize));
      at += Math.min(count, block.count);
    }
  }

  /**
   * Returns the elements that are appended from now on, or those from an index on, and waits for more, no matter who
   * appends. If the column becomes shorter, it goes on at the new end.
   */
  follow(options?: FollowOptions): AsyncFollowing<ElementOf<D, I, T>> {
    return follow(this.inside, options);
  }

  /** @internal */
  override get inside(): ColumnParts<D, I, T> {
    return { context: this.#context, rows: this.#rows, codec: this.#codec, elemSize: this.#elemSize };
  }

  /** Returns elements in the order of their indexes, which may repeat and may be negative. */
  async take(indexes: Iterable<number>): Promise<BlockOf<D, I, T>> {
    const places = copyIndexes('take', indexes);
    const all = await this.#read(0, Number.MAX_SAFE_INTEGER);
    const resolved = resolveIndexes('take', places, all.length);
    return this.#codec.decodeAll(this.#gathered(all.block, resolved.length, (nth) => resolved[nth] as number));
  }

  /** Returns the index of the first element that equals the value, or -1. */
  async indexOf(value: InputOf<D, T>, from = 0): Promise<number> {
    checkIndex('indexOf', from);
    const wanted = this.#wantedBytes(value);
    if (wanted === undefined) return -1;
    const number = this.#codec.plainNumbers && this.#codec.decode(wanted, 0, wanted.length);
    // NaN does not equal itself.
    return Number.isNaN(number) ? -1 : await this.#search(wanted, number, from);
  }

  /** Returns whether an element equals the value. NaN equals NaN here. */
  async includes(value: InputOf<D, T>, from = 0): Promise<boolean> {
    checkIndex('includes', from);
    const wanted = this.#wantedBytes(value);
    if (wanted === undefined) return false;
    const number = this.#codec.plainNumbers && this.#codec.decode(wanted, 0, wanted.length);
    return (await this.#search(wanted, number, from)) >= 0;
  }

  /** Iterates over pages, each of which is one consistent read. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ElementOf<D, I, T>, void, undefined> {
    for await (const { block } of this.#pages(0)) {
      yield* this.#codec.decodeAll(block) as Iterable<ElementOf<D, I, T>>;
    }
  }

  /** Returns what the column takes on the server. */
  async stats(): Promise<{ chunks: number; liveBytes: number }> {
    const { executor } = await this.#ready();
    const { chunks, bytes } = await this.#rows.stats(executor);
    return { chunks, liveBytes: bytes };
  }

  /** @internal */
  protected override async numbers(what: string, options: RangeOptions | undefined): Promise<NumbersRead> {
    const { kind, element, elemSize } = this.#codec.info;
    const type = kind === 'scalar' ? element : undefined;
    const about = { name: this.name, dtype: this.dtype, element: type };
    elementOf(what, about as unknown as NumberSource);
    checkBound(what, options?.start);
    checkBound(what, options?.end);
    const { start, block } = await this.#read(options?.start ?? 0, options?.end ?? Number.MAX_SAFE_INTEGER);
    const { data, count } = block;
    const source: NumberSource = {
      ...about,
      asNumbers: this.#codec.plainNumbers === undefined,
      length: count,
      consistently: (read) => read(),
      visit: (from, to, visitor) => {
        if (from < to) visitor(data.subarray(from * elemSize, to * elemSize), from);
      },
      at: (index) => this.#codec.decode(data, index * elemSize, (index + 1) * elemSize),
    };
    return { source, start };
  }

  async #ready(): Promise<ColumnContext> {
    await this.#context.ready();
    return this.#context;
  }

  async #meta(): Promise<ColumnMeta> {
    const { executor } = await this.#ready();
    return await this.#rows.meta(executor);
  }

  async #read(from: number, to: number) {
    const { executor } = await this.#ready();
    return await this.#rows.read(executor, from, to);
  }

  #gathered(block: EncodedBlock, count: number, indexOf: (nth: number) => number): EncodedBlock {
    const { data, offsets } = block;
    return gathered(count, this.#elemSize, (nth, target) => {
      const index = indexOf(nth);
      target.bytes = data;
      target.start = offsets ? (offsets[index] as number) : index * this.#elemSize;
      target.end = offsets ? (offsets[index + 1] as number) : target.start + this.#elemSize;
    });
  }

  #wantedBytes(value: InputOf<D, T>): Buffer | undefined {
    try {
      return Buffer.from(this.#codec.encode(value));
    } catch (error) {
      if (error instanceof InvalidArgument) return undefined;
      throw error;
    }
  }

  async #search(wanted: Buffer, number: unknown, from: number): Promise<number> {
    for await (const { start, block } of this.#pages(from)) {
      const found = this.#codec.plainNumbers
        ? indexOfNumber(this.#codec.decodeAll(block) as ArrayLike<unknown>, number)
        : indexOfBytes(block, wanted);
      if (found >= 0) return start + found;
    }
    return -1;
  }

  async *#pages(from: number): AsyncGenerator<{ start: number; block: EncodedBlock }, void, undefined> {
    const page = new PageSize(this.#elemSize, { most: LONGEST_PAGE });
    for (let at = from; ; ) {
      // A place that counts from the end is found by the first read.
      const end = at < 0 && at + page.elements >= 0 ? Number.MAX_SAFE_INTEGER : at + page.elements;
      const { start, block } = await this.#read(at, end);
      if (block.count === 0) return;
      yield { start, block };
      page.learn(block.count, block.data.length);
      at = start + block.count;
    }
  }
}
