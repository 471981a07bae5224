import { describe, nativeCore } from '@kohakuvault/core-native';
import { Refusal } from './codec/refusal.ts';
import { ELEMENT_TYPES, type ElementInfo, type ElementType, type Tensor, type TypedArray } from './tensor-types.ts';

/** Numbers with a shape, however they were given: the elements row-major, still of the type they came in. */
export interface Numbers {
  /** Uint8ClampedArray counts as u8. */
  data: TypedArray | Uint8ClampedArray;
  shape: readonly number[];
}

/** The element type of a typed array; undefined for other arrays and views. */
export function elementOfArray(array: unknown): ElementInfo | undefined {
  if (array instanceof Uint8ClampedArray) return ELEMENT_TYPES.find(({ type }) => type === 'u8');
  return ELEMENT_TYPES.find((element) => array instanceof element.array);
}

export function isTypedArray(value: unknown): value is TypedArray | Uint8ClampedArray {
  return ArrayBuffer.isView(value) && elementOfArray(value) !== undefined;
}

/** The bytes behind a typed array, in place. */
export function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** From this many bytes on the core copies into fresh memory faster than JavaScript does. */
const LARGE = 4 * 1024 * 1024;

/** Copies bytes to where the fresh memory of an array begins. */
export function fill(target: TypedArray | Buffer, bytes: Buffer): void {
  if (bytes.length >= LARGE) nativeCore().binding.copyBytes(bytes, target);
  else bytesOf(target).set(bytes);
}

/** An array of memory of its own that is about to be filled: not zeroed first, which would cost as much as filling it. */
export function unfilledArray(element: ElementInfo, length: number): TypedArray {
  return new element.array(Buffer.allocUnsafeSlow(length * element.size).buffer, 0, length);
}

export function makeTensor<A extends TypedArray>(data: A, shape: readonly number[], dtype: ElementType): Tensor<A> {
  return { data, shape, dtype };
}

/**
 * Reads numbers from whatever holds them: a typed array, `{ data, shape }`, `{ data, dims }`, an ndarray whose elements lie
 * in order, nested arrays, or one number.
 */
export function numbersOf(value: unknown): Numbers {
  if (isTypedArray(value)) return { data: value, shape: [value.length] };
  if (typeof value === 'number' || typeof value === 'bigint') return { data: flat([value]), shape: [] };
  if (Array.isArray(value)) {
    const shape = shapeOf(value);
    return { data: flat(shape.length === 1 ? value : value.flat(shape.length as 1)), shape };
  }
  if (typeof value === 'object' && value !== null && 'data' in value) return tensorOf(value as TensorLike);
  throw new Refusal(`${describe(value)} is no vector; expected a typed array, a tensor, or nested arrays of numbers`);
}

interface TensorLike {
  data: unknown;
  shape?: unknown;
  dims?: unknown;
  stride?: unknown;
  offset?: unknown;
}

function tensorOf({ data, shape: given, dims, stride, offset }: TensorLike): Numbers {
  const sizes = given ?? dims;
  const array = Array.isArray(data) ? flat(data) : data;
  if (!isTypedArray(array)) throw new Refusal(`the tensor's data is ${describe(data)}; expected a typed array`);
  const shape = isSizes(sizes) ? Array.from(sizes, Number) : undefined;
  if (!shape) throw new Refusal(`the tensor's shape is ${describe(sizes)}; expected an array of sizes`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (stride !== undefined) {
    if (!isRowMajor(shape, stride)) {
      throw new Refusal(
        'the ndarray is not contiguous and row-major: copy it first (ndarray-ops assign, or pool.clone)',
      );
    }
    const start = Number(offset ?? 0);
    return { data: array.subarray(start, start + count), shape };
  }
  if (array.length !== count) {
    throw new Refusal(
      `the tensor's shape ${shape.join(' x ')} needs ${count} elements, and its data has ${array.length}`,
    );
  }
  return { data: array, shape };
}

function isSizes(sizes: unknown): sizes is ArrayLike<number> & Iterable<number> {
  const list = Array.isArray(sizes) || isTypedArray(sizes);
  return list && Array.from(sizes as number[], Number).every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRowMajor(shape: readonly number[], stride: unknown): boolean {
  if (!Array.isArray(stride) || stride.length !== shape.length) return false;
  let expected = 1;
  for (let index = shape.length - 1; index >= 0; index--) {
    // The stride of a dimension of one element has no effect.
    if (stride[index] !== expected && shape[index] !== 1) return false;
    expected *= shape[index] as number;
  }
  return true;
}

/** The shape of nested arrays, which must be as long as each other at every level. */
function shapeOf(array: readonly unknown[]): number[] {
  const first = array[0];
  if (!Array.isArray(first)) return [array.length];
  const inner = shapeOf(first);
  for (const [index, row] of array.entries()) {
    const shape = Array.isArray(row) ? shapeOf(row) : [];
    if (shape.join() !== inner.join()) {
      throw Refusal.within(
        new Refusal(`this row has the shape [${shape.join(', ')}], the ones before it [${inner.join(', ')}]`),
        index,
      );
    }
  }
  return [array.length, ...inner];
}

/** Plain numbers or bigints as a typed array that holds each of them exactly. */
function flat(values: readonly unknown[]): TypedArray {
  if (typeof values[0] === 'bigint') return flatBigInts(values);
  const numbers = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number') numbers[index] = value;
    else if (typeof value === 'bigint') return flatBigInts(values);
    else throw Refusal.within(new Refusal(`${describe(value)} is no number`), index);
  }
  return numbers;
}

function flatBigInts(values: readonly unknown[]): TypedArray {
  const wide = values.map((value, index) => {
    if (typeof value === 'bigint') return value;
    if (Number.isInteger(value)) return BigInt(value as number);
    throw Refusal.within(new Refusal(`${describe(value)} is no integer, which others beside it are`), index);
  });
  const signed = wide.every((value) => BigInt.asIntN(64, value) === value);
  const array = signed ? BigInt64Array.from(wide) : BigUint64Array.from(wide);
  const wrong = wide.findIndex((value, index) => array[index] !== value);
  if (wrong >= 0) throw Refusal.within(new Refusal(`${wide[wrong]}n does not fit 64 bits`), wrong);
  return array;
}
