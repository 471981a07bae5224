import { describe, ElementCode, nativeCore } from '@kohakuvault/core-native/internal';
import {
  ELEMENT_TYPES,
  type ElementInfo,
  type ElementType,
  elementOfClass,
  elementsOfShape,
  type Tensor,
  type TypedArray,
} from '../elements/element-types.ts';
import { classOfView, elementCount, isShared, lengthOf, partOf, unshared } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';
import { MOST_DIMENSIONS, nestedNumbers } from './nested-numbers.ts';

/** Numbers with a shape, in row-major order and of the element type in which they were given. */
export interface Numbers {
  /** A Uint8ClampedArray counts as u8. The class may be the caller's: only `memory.ts` may read its properties. */
  data: TypedArray | Uint8ClampedArray;
  element: ElementInfo;
  shape: readonly number[];
}

/** Returns the element type of a typed array; undefined for other arrays and views, such as a DataView. */
export function elementOfArray(value: unknown): ElementInfo | undefined {
  return ArrayBuffer.isView(value) ? elementOfClass(classOfView(value)) : undefined;
}

export function isTypedArray(value: unknown): value is TypedArray | Uint8ClampedArray {
  return elementOfArray(value) !== undefined;
}

/** From this many bytes on, the core copies into fresh memory faster than JavaScript does. */
const LARGE = 4 * 1024 * 1024;

/** Copies bytes to the beginning of an array's fresh memory. */
export function fill(target: TypedArray | Buffer, bytes: Buffer): void {
  if (bytes.length >= LARGE && !isShared(bytes)) nativeCore().binding.copyBytes(bytes, target);
  else new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
}

/** Returns the numbers of stored bytes, in memory of their own. For few of them; `fill` is for many. */
export function arrayFrom(element: ElementInfo, bytes: Buffer): TypedArray {
  if (!element.isNative) return converted(element, bytes);
  const array = new element.array(bytes.length / element.size);
  new Uint8Array(array.buffer).set(bytes);
  return array;
}

/** Returns the numbers of stored bytes that have memory of their own, which the numbers get if they can. */
export function arrayOver(element: ElementInfo, bytes: Buffer): TypedArray {
  return element.isNative ? new element.array(bytes.buffer as ArrayBuffer) : converted(element, bytes);
}

/** Converts 16-bit floats, for which the runtime has no array. */
function converted({ array, code, size }: ElementInfo, bytes: Buffer): TypedArray {
  const floats = new array(bytes.length / size);
  nativeCore().binding.castElements(code, unshared(bytes), ElementCode.f32, floats);
  return floats;
}

export function makeTensor<A extends TypedArray>(data: A, shape: readonly number[], dtype: ElementType): Tensor<A> {
  return { data, shape, dtype };
}

/**
 * Reads numbers from a typed array, `{ data, shape }`, `{ data, dims }`, a row-major ndarray, nested arrays, or one
 * number. For elements that are `bool`, true and false are 1 and 0.
 */
export function numbersOf(value: unknown, wanted: ElementInfo): Numbers {
  const takesBooleans = wanted.type === 'bool';
  const element = elementOfArray(value);
  if (element) return { data: value as TypedArray, element, shape: [elementCount(value as TypedArray)] };
  const isOne = typeof value === 'number' || typeof value === 'bigint' || (takesBooleans && typeof value === 'boolean');
  if (isOne) return { ...ofArray([value], takesBooleans), shape: [] };
  if (Array.isArray(value)) return ofArray(value, takesBooleans);
  if (typeof value === 'object' && value !== null && 'data' in value) {
    return tensorOf(value as TensorLike, takesBooleans);
  }
  throw new EncodeError(
    `${describe(value)} is not a vector; expected a typed array, a tensor, or nested arrays of numbers`,
  );
}

function ofArray(array: readonly unknown[], takesBooleans: boolean): Numbers {
  const { data, shape } = nestedNumbers(array, takesBooleans);
  return { data, element: elementOfArray(data) as ElementInfo, shape };
}

interface TensorLike {
  data: unknown;
  shape?: unknown;
  dims?: unknown;
  stride?: unknown;
  offset?: unknown;
}

/** Reads each property once: a getter may return something else the next time. */
function tensorOf({ data, shape: given, dims, stride, offset }: TensorLike, takesBooleans: boolean): Numbers {
  const { data: array, element } = dataOf(data, takesBooleans);
  const shape = sizesOf(given ?? dims);
  const [count, there] = [elementsOfShape(shape), elementCount(array)];
  // Some tensors have a method named stride, and their elements are row-major.
  const isStrided = stride !== undefined && typeof stride !== 'function';
  if (isStrided && !isRowMajor(shape, stride)) {
    throw new EncodeError(
      'the ndarray is not contiguous and row-major; copy it first (ndarray-ops assign, or pool.clone)',
    );
  }
  if (!isStrided && offset === undefined) {
    if (there === count) return { data: array, element, shape };
    throw new EncodeError(`the tensor's shape ${shape.join(' x ')} needs ${count} elements; its data has ${there}`);
  }
  const start = offset === undefined ? 0 : offset;
  if (!Number.isSafeInteger(start) || (start as number) < 0 || (start as number) > there) {
    throw new EncodeError(`the tensor's offset is ${describe(offset)}; expected a whole number from 0 to ${there}`);
  }
  if (count > there - (start as number)) {
    throw new EncodeError(
      `the tensor's shape ${shape.join(' x ')} needs ${count} elements from offset ${start} on; its data has ${there}`,
    );
  }
  return { data: partOf(array, element, start as number, count), element, shape };
}

function dataOf(data: unknown, takesBooleans: boolean): Numbers {
  const element = elementOfArray(data);
  if (element) return { data: data as TypedArray, element, shape: [] };
  const numbers = Array.isArray(data) ? ofArray(data, takesBooleans) : undefined;
  if (numbers?.shape.length === 1) return numbers;
  throw new EncodeError(
    `the tensor's data is ${numbers ? 'an array of arrays' : describe(data)}; ` +
      `expected a typed array of ${ELEMENT_TYPES.map(({ type }) => type).join(', ')}, or an array of numbers`,
  );
}

/** Copies the sizes of a shape, so that nothing else changes them. */
function sizesOf(sizes: unknown): number[] {
  const isList = Array.isArray(sizes) || isTypedArray(sizes);
  const length = isList ? lengthOf(sizes) : undefined;
  if (length === undefined)
    throw new EncodeError(`the tensor's shape is ${describe(sizes)}; expected an array of sizes`);
  if (length > MOST_DIMENSIONS) {
    throw new EncodeError(`the tensor has ${length} dimensions; at most ${MOST_DIMENSIONS} can be packed`);
  }
  return Array.from({ length }, (_, index) => {
    const given: unknown = (sizes as unknown[])[index];
    const size = typeof given === 'bigint' ? Number(given) : given;
    if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
    throw new EncodeError(`size ${index} of the tensor's shape is ${describe(given)}; expected a whole number >= 0`);
  });
}

function isRowMajor(shape: readonly number[], stride: unknown): boolean {
  if (!Array.isArray(stride) || stride.length !== shape.length) return false;
  let expected = 1;
  for (let index = shape.length - 1; index >= 0; index--) {
    // The stride of a dimension of one element does not matter.
    if (stride[index] !== expected && shape[index] !== 1) return false;
    expected *= shape[index] as number;
  }
  return true;
}
