import { CorruptData, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Codec } from './dtypes/codec.ts';
import { codecOf } from './dtypes/codec-of.ts';
import { type DTypeInfo, parseDType } from './dtypes/dtype.ts';
import type { BlockOf, BlockTensorOf, DType, ElementOf, Int64 } from './dtypes/dtype-types.ts';
import type { Elements, InputOf } from './dtypes/input-types.ts';
import { type SchemaCheck, schemaCheck } from './dtypes/json-schema.ts';
import { listOf } from './dtypes/lists.ts';
import { is64 } from './dtypes/scalar-codec.ts';
import { FixedVectorCodec } from './dtypes/vector-codec.ts';
import {
  copyInto,
  disguised,
  elementCount,
  grown,
  isPlainBuffer,
  isUint8Array,
  lengthOf,
  zeroed,
} from './elements/memory.ts';
import { DecodeError } from './errors/decode-error.ts';
import { EncodeError } from './errors/encode-error.ts';
import { explained, readArguments } from './errors/proxy-errors.ts';
import { checkInt64, checkOffset, type DataPackerOptions, sourceBytes } from './packer-arguments.ts';
import { elementOfArray } from './tensors/tensor.ts';

/** The bytes of many elements, and the bounds between them: `offsets` has one bound more than there are elements. */
export interface PackedBlock {
  data: Buffer;
  offsets: Float64Array;
}

/**
 * Locates elements: `count` elements of one size, or the bounds between them, or their starts (the last one ends with
 * the bytes).
 */
export type BlockBounds = { count: number } | { offsets: ArrayLike<number> } | { starts: ArrayLike<number> };

/** The most elements that an array can have. */
const LONGEST_ARRAY = 2 ** 32 - 1;
/** The most bytes to allocate by a list's length alone; more are allocated when the elements really exist. */
const AT_FIRST = 64 * 1024 * 1024;

/** Packs values of one dtype into bytes and unpacks them, byte for byte as the Python package's `DataPacker` does. */
export class DataPacker<D extends DType, I extends Int64 = 'bigint', T = unknown> {
  readonly #info: DTypeInfo;
  readonly #codec: Codec;
  #check: SchemaCheck | undefined;

  constructor(dtype: D, options: DataPackerOptions<I> = {}) {
    const int64 = readArguments('DataPacker', () => checkInt64('DataPacker', options));
    this.#info = parseDType(dtype);
    this.#codec = codecOf(this.#info, int64);
  }

  /** Creates a packer that checks documents against a JSON Schema (draft 2020-12 or 07) before it packs them. */
  static withJsonSchema<T = unknown, D extends 'msgpack' | 'cbor' = 'msgpack'>(
    schema: object,
    dtype: D = 'msgpack' as D,
  ): DataPacker<D, 'bigint', T> {
    if (dtype !== 'msgpack' && dtype !== 'cbor') {
      throw new InvalidArgument(`withJsonSchema: the dtype is ${describe(dtype)}; expected 'msgpack' or 'cbor'`);
    }
    const packer = packerOf<D, T>(dtype);
    packer.#check = schemaCheck(schema);
    return packer;
  }

  /** The dtype in its canonical spelling. */
  get dtype(): D {
    return this.#info.dtype as D;
  }

  /** The bytes of one element; 0 if they vary. */
  get elemSize(): number {
    return this.#info.elemSize;
  }

  /** Whether the size of the elements varies. */
  get isVarsize(): boolean {
    return this.#info.isVarsize;
  }

  /** Packs one value. */
  pack(value: InputOf<D, T>): Buffer {
    try {
      return this.#encode(value);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /**
   * Packs one value into `target` at `offset` and returns its size in bytes. If it does not fit, `target` is unchanged.
   */
  packInto(value: InputOf<D, T>, target: Uint8Array, offset = 0): number {
    if (!isUint8Array(target)) {
      throw new InvalidArgument(`packInto: the target is ${describe(target)}; expected a Buffer or a Uint8Array`);
    }
    try {
      checkOffset('packInto', offset, elementCount(target));
      const bytes = this.#encode(value);
      // Only now: a getter in the value may have resized the target.
      const room = elementCount(target) - offset;
      if (bytes.length > room) {
        throw new InvalidArgument(
          `packInto: the value takes ${bytes.length} bytes; the target has room for ${Math.max(room, 0)}`,
        );
      }
      copyInto(target, bytes, offset);
      return bytes.length;
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #checkRange(offset: unknown, end: unknown, until: number, length: number): void {
    const { size } = this.#codec;
    if (end !== undefined) checkOffset('unpack', end, length);
    checkOffset('unpack', offset, until);
    if (size > until - (offset as number)) {
      throw new CorruptData(
        `${this.dtype}: an element takes ${size} bytes; only ${until - (offset as number)} remain at offset ${offset}`,
      );
    }
  }

  /** Unpacks the value at `offset`. A value of variable size ends at `end`, by default where the bytes end. */
  unpack(bytes: ArrayBuffer | ArrayBufferView, offset = 0, end?: number): ElementOf<D, I, T> {
    const source = isPlainBuffer(bytes) ? bytes : sourceBytes(this.dtype, 'unpack', bytes);
    const { size } = this.#codec;
    const until = end ?? source.length;
    // The common case, a document in bytes of its own, needs no checks.
    if (offset !== 0 || end !== undefined || size !== 0) this.#checkRange(offset, end, until, source.length);
    try {
      return this.#codec.decode(source, offset, size === 0 ? until : offset + size) as ElementOf<D, I, T>;
    } catch (error) {
      throw this.#explained(disguised(error, source) ?? error);
    }
  }

  /** Packs all values back to back. If one cannot be packed, the error names its index. */
  packMany(values: Elements<D, T>): Buffer {
    try {
      const block = this.#packBlock(values);
      if (block !== undefined) return block;
      const list = listOf(values);
      const count = lengthOf(list);
      return this.#codec.encodeList?.(list, count)?.data ?? Buffer.concat(this.#encodeAll(list, count));
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Packs all values as `packMany` does, and returns the bounds that values of variable size need to be unpacked. */
  packManyWithOffsets(values: Elements<D, T>): PackedBlock {
    try {
      const list = listOf(values);
      const count = lengthOf(list);
      const block = this.#codec.encodeList?.(list, count);
      if (block !== undefined) return block;
      const parts = this.#encodeAll(list, count);
      const offsets = new Float64Array(parts.length + 1);
      for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] as number) + part.length;
      return { data: Buffer.concat(parts), offsets };
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Unpacks many elements at once. Numbers come back as one typed array, vectors as arrays over one buffer. */
  unpackMany(bytes: ArrayBuffer | ArrayBufferView, bounds: BlockBounds): BlockOf<D, I, T> {
    const source = this.#source('unpackMany', bytes);
    const { size } = this.#codec;
    const [given, value] = readArguments('unpackMany', () => checkBounds(bounds));
    try {
      if (given === 'count') {
        const count = this.#checkCount('unpackMany', value, source.length);
        const block = this.#codec.decodeBlock?.(source, count);
        if (block !== undefined) return block as BlockOf<D, I, T>;
        if (count > LONGEST_ARRAY)
          throw new InvalidArgument(`unpackMany: ${count} elements are more than an array can hold`);
        return this.#decodeAll(source, count, (index) => index * size) as BlockOf<D, I, T>;
      }
      const edges = this.#edgesOf(given, value, source.length);
      if (this.#codec.decodeList && size === 0) return this.#codec.decodeList(source, edges) as BlockOf<D, I, T>;
      return this.#decodeAll(source, edges.length - 1, (index) => edges[index] as number) as BlockOf<D, I, T>;
    } catch (error) {
      throw this.#explained(disguised(error, source) ?? error);
    }
  }

  /** Unpacks `count` vectors of one shape as one tensor, whose first dimension is `count`. */
  unpackTensor(bytes: ArrayBuffer | ArrayBufferView, count: number): BlockTensorOf<D> {
    const codec = this.#codec;
    if (!(codec instanceof FixedVectorCodec)) {
      throw new InvalidArgument(`unpackTensor: ${this.dtype} has no shape; expected a dtype such as 'vec:f32:384'`);
    }
    const source = this.#source('unpackTensor', bytes);
    this.#checkCount('unpackTensor', count, source.length);
    try {
      return codec.decodeTensor(source, count) as BlockTensorOf<D>;
    } catch (error) {
      throw this.#explained(disguised(error, source) ?? error);
    }
  }

  #encode(value: unknown): Buffer {
    const { size } = this.#codec;
    const bytes = this.#codec.encode(value) as Buffer;
    // Only now: a value that could be encoded is not too deep for the check.
    this.#check?.(value);
    if (bytes.length === size || size === 0) return bytes;
    const filled = zeroed(size);
    filled.set(bytes);
    return filled;
  }

  #packBlock(values: unknown): Buffer | undefined {
    if (this.#check) return undefined;
    const block = this.#codec.encodeBlock?.(values);
    if (block !== undefined || this.#codec.encodeInto === undefined) return block;
    const list = listOf(values);
    const { size } = this.#codec;
    // The length is read once. Much memory is allocated only when so many elements really exist.
    const length = lengthOf(list);
    let target = zeroed(Math.min(length, Math.max(1, Math.floor(AT_FIRST / size))) * size);
    let index = 0;
    try {
      for (; index < length; index++) {
        if ((index + 1) * size > target.length) target = grown(target, length * size);
        this.#codec.encodeInto(list[index], target, index * size);
      }
    } catch (error) {
      throw EncodeError.within(error, index);
    }
    return target;
  }

  #encodeAll(list: ArrayLike<unknown>, length: number): Buffer[] {
    const parts: Buffer[] = [];
    let index = 0;
    try {
      for (; index < length; index++) parts.push(this.#encode(list[index]));
    } catch (error) {
      throw EncodeError.within(error, index);
    }
    return parts;
  }

  #decodeAll(source: Buffer, count: number, edge: (index: number) => number): unknown[] {
    const values = new Array(count);
    let index = 0;
    try {
      for (; index < count; index++) values[index] = this.#codec.decode(source, edge(index), edge(index + 1));
    } catch (error) {
      throw DecodeError.within(error, index);
    }
    return values;
  }

  #source(method: string, bytes: unknown): Buffer {
    return isPlainBuffer(bytes) ? bytes : sourceBytes(this.dtype, method, bytes);
  }

  #checkCount(method: string, count: unknown, length: number): number {
    const { size } = this.#codec;
    if (!Number.isSafeInteger(count) || (count as number) < 0) {
      throw new InvalidArgument(`${method}: the count is ${describe(count)}; expected a whole number >= 0`);
    }
    if (size === 0) {
      throw new InvalidArgument(
        `${method}: elements of ${this.dtype} vary in size; give offsets or starts instead of a count`,
      );
    }
    if ((count as number) * size > length) {
      throw new CorruptData(
        `${this.dtype}: ${count} elements take ${(count as number) * size} bytes; only ${length} are given`,
      );
    }
    return count as number;
  }

  /** Checks the bounds of the elements and returns them. */
  #edgesOf(kind: 'offsets' | 'starts', list: unknown, end: number): Float64Array {
    const edges = boundsOf(list, kind === 'starts' ? end : undefined);
    const { size } = this.#codec;
    let before = 0;
    for (let index = 0; index < edges.length; index++) {
      const edge = edges[index] as number;
      if (!Number.isSafeInteger(edge) || edge < before) throw wrongBound(index, edge, before);
      if (edge > end) {
        throw new InvalidArgument(`unpackMany: bound ${index} is ${edge}; only ${end} bytes are given`);
      }
      if (size > 0 && index > 0 && edge - before < size) {
        throw new CorruptData(`${this.dtype}: element ${index - 1} has ${edge - before} bytes; expected ${size}`);
      }
      before = edge;
    }
    return edges;
  }

  #explained(error: unknown): unknown {
    return explained(this.dtype, error);
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function packerOf<D extends DType, T>(dtype: D): DataPacker<D, 'bigint', T> {
  return new DataPacker<D, 'bigint', T>(dtype);
}

function checkBounds(bounds: unknown): ['count' | 'offsets' | 'starts', unknown] {
  const given = typeof bounds === 'object' && bounds !== null ? Object.keys(bounds) : [];
  const [name] = given;
  if (given.length !== 1 || (name !== 'count' && name !== 'offsets' && name !== 'starts')) {
    throw new InvalidArgument(
      `unpackMany: the bounds are given by ${given.join(' and ') || 'nothing'}; expected { count } for elements of ` +
        'one size, or { offsets } (one more than elements), or { starts }',
    );
  }
  return [name, (bounds as Record<string, unknown>)[name]];
}

/** Copies the bounds, so that no getter and no other thread changes them between their check and their use. */
function boundsOf(list: unknown, end: number | undefined): Float64Array {
  const element = elementOfArray(list);
  if (!Array.isArray(list) && (element === undefined || is64(element.type))) {
    throw new InvalidArgument(`unpackMany: the bounds are ${describe(list)}; expected an array of numbers`);
  }
  const length = lengthOf(list as ArrayLike<number>);
  if (length === 0 && end === undefined)
    throw new InvalidArgument('unpackMany: offsets is empty; expected one bound more than there are elements');
  if (element !== undefined && end === undefined) return new Float64Array(list as Float64Array);
  // No memory is allocated by the length alone: an array may consist of holes.
  const bounds: number[] = [];
  for (let index = 0; index < length; index++) {
    const bound: unknown = (list as unknown[])[index];
    if (typeof bound !== 'number') throw wrongBound(index, bound, bounds[index - 1] ?? 0);
    bounds.push(bound);
  }
  if (end !== undefined) bounds.push(end);
  return Float64Array.from(bounds);
}

function wrongBound(index: number, bound: unknown, before: number): InvalidArgument {
  return new InvalidArgument(
    `unpackMany: bound ${index} is ${describe(bound)} after ${before}; expected a whole number >= ${before}`,
  );
}
