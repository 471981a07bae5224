import { describe, nativeCore } from '@kohakuvault/core-native/internal';
import {
  ELEMENT_TYPES,
  type ElementInfo,
  type ElementType,
  elementOfClass,
  elementsOfShape,
  type Tensor,
  type TypedArray,
} from '../elements/element-types.ts';
import { classOfView, elementCount, isShared, lengthOf, partOf, unfilled } from '../elements/memory.ts';
import { Refusal } from '../errors/codec-errors.ts';
import { MOST_DIMENSIONS, nestedNumbers } from './nested-numbers.ts';

/** Numbers with a shape, however they were given: the elements row-major, still of the type they came in. */
export interface Numbers {
  /** Uint8ClampedArray counts as u8. Its class may be the caller's, so that only `memory.ts` may ask it anything. */
  data: TypedArray | Uint8ClampedArray;
  element: ElementInfo;
  shape: readonly number[];
}

/** The element type of a typed array; undefined for other arrays and views (a Float16Array among them). */
export function elementOfArray(value: unknown): ElementInfo | undefined {
  return ArrayBuffer.isView(value) ? elementOfClass(classOfView(value)) : undefined;
}

export function isTypedArray(value: unknown): value is TypedArray | Uint8ClampedArray {
  return elementOfArray(value) !== undefined;
}

/** From this many bytes on the core copies into fresh memory faster than JavaScript does. */
const LARGE = 4 * 1024 * 1024;

/** Copies bytes to where the fresh memory of an array begins, as many as it has. */
export function fill(target: TypedArray | Buffer, bytes: Buffer): void {
  if (bytes.length >= LARGE && !isShared(bytes)) nativeCore().binding.copyBytes(bytes, target);
  else new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
}

/** An array of memory of its own that is about to be filled. */
export function unfilledArray(element: ElementInfo, length: number): TypedArray {
  return new element.array(unfilled(length * element.size).buffer as ArrayBuffer, 0, length);
}

export function makeTensor<A extends TypedArray>(data: A, shape: readonly number[], dtype: ElementType): Tensor<A> {
  return { data, shape, dtype };
}

/**
 * Reads numbers from whatever holds them: a typed array, `{ data, shape }`, `{ data, dims }`, an ndarray whose elements lie
 * in order, nested arrays, or one number.
 */
export function numbersOf(value: unknown): Numbers {
  const element = elementOfArray(value);
  if (element) return { data: value as TypedArray, element, shape: [elementCount(value as TypedArray)] };
  if (typeof value === 'number' || typeof value === 'bigint') return { ...ofArray([value]), shape: [] };
  if (Array.isArray(value)) return ofArray(value);
  if (typeof value === 'object' && value !== null && 'data' in value) return tensorOf(value as TensorLike);
  throw new Refusal(`${describe(value)} is no vector; expected a typed array, a tensor, or nested arrays of numbers`);
}

function ofArray(array: readonly unknown[]): Numbers {
  const { data, shape } = nestedNumbers(array);
  return { data, element: elementOfArray(data) as ElementInfo, shape };
}

interface TensorLike {
  data: unknown;
  shape?: unknown;
  dims?: unknown;
  stride?: unknown;
  offset?: unknown;
}

/** Each property is read once: a getter may give something else the next time. */
function tensorOf({ data, shape: given, dims, stride, offset }: TensorLike): Numbers {
  const { data: array, element } = dataOf(data);
  const shape = sizesOf(given ?? dims);
  const [count, there] = [elementsOfShape(shape), elementCount(array)];
  // Some tensors have a method of this name, and their elements in order.
  const isStrided = stride !== undefined && typeof stride !== 'function';
  if (isStrided && !isRowMajor(shape, stride)) {
    throw new Refusal('the ndarray is not contiguous and row-major: copy it first (ndarray-ops assign, or pool.clone)');
  }
  if (!isStrided && offset === undefined) {
    if (there === count) return { data: array, element, shape };
    throw new Refusal(`the tensor's shape ${shape.join(' x ')} needs ${count} elements, and its data has ${there}`);
  }
  const start = offset === undefined ? 0 : offset;
  if (!Number.isSafeInteger(start) || (start as number) < 0 || (start as number) > there) {
    throw new Refusal(`the tensor's offset is ${describe(offset)}; expected a whole number from 0 to ${there}`);
  }
  if (count > there - (start as number)) {
    throw new Refusal(
      `the tensor's shape ${shape.join(' x ')} needs ${count} elements from ${start} on, and its data has ${there}`,
    );
  }
  return { data: partOf(array, element, start as number, count), element, shape };
}

function dataOf(data: unknown): Numbers {
  const element = elementOfArray(data);
  if (element) return { data: data as TypedArray, element, shape: [] };
  const numbers = Array.isArray(data) ? ofArray(data) : undefined;
  if (numbers?.shape.length === 1) return numbers;
  throw new Refusal(
    `the tensor's data is ${numbers ? 'an array of arrays' : describe(data)}; ` +
      `expected a typed array of ${ELEMENT_TYPES.map(({ type }) => type).join(', ')}, or an array of numbers`,
  );
}

/** A copy of the sizes, which nobody else changes. */
function sizesOf(sizes: unknown): number[] {
  const isList = Array.isArray(sizes) || isTypedArray(sizes);
  const length = isList ? lengthOf(sizes) : undefined;
  if (length === undefined) throw new Refusal(`the tensor's shape is ${describe(sizes)}; expected an array of sizes`);
  if (length > MOST_DIMENSIONS) {
    throw new Refusal(`the tensor has ${length} dimensions; at most ${MOST_DIMENSIONS} can be packed`);
  }
  return Array.from({ length }, (_, index) => {
    const given: unknown = (sizes as unknown[])[index];
    const size = typeof given === 'bigint' ? Number(given) : given;
    if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
    throw new Refusal(`size ${index} of the tensor's shape is ${describe(given)}; expected a whole number from 0 on`);
  });
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
