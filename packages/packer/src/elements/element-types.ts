import { ElementCode } from '@kohakuvault/core-native/internal';

export type ElementType = 'f32' | 'f64' | 'i32' | 'i64' | 'u8' | 'u16' | 'u32' | 'u64' | 'i8' | 'i16';

/** The typed arrays that hold an element type of vectors. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array;

/** Numbers in rows of rows, row-major. */
export interface Tensor<A extends TypedArray = TypedArray> {
  data: A;
  shape: readonly number[];
  dtype: ElementType;
}

export interface ElementInfo {
  readonly type: ElementType;
  /** The byte that names the type at the head of a vector. */
  readonly code: number;
  /** Bytes of one element. */
  readonly size: number;
  readonly array: TypedArrayConstructor;
}

export interface TypedArrayConstructor {
  new (length: number): TypedArray;
  new (elements: ArrayLike<number> | ArrayLike<bigint>): TypedArray;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** In the order of their codes, which count from 1. */
export const ELEMENT_TYPES: readonly ElementInfo[] = (
  [
    ['f32', Float32Array],
    ['f64', Float64Array],
    ['i32', Int32Array],
    ['i64', BigInt64Array],
    ['u8', Uint8Array],
    ['u16', Uint16Array],
    ['u32', Uint32Array],
    ['u64', BigUint64Array],
    ['i8', Int8Array],
    ['i16', Int16Array],
  ] as [ElementType, TypedArrayConstructor][]
).map(([type, array]) => ({ type, code: ElementCode[type], size: array.BYTES_PER_ELEMENT, array }));

/** The element type that a vector's first byte names. */
export function elementOfCode(code: number): ElementInfo | undefined {
  return ELEMENT_TYPES[code - 1];
}

const BY_CLASS = new Map<string, ElementInfo>(ELEMENT_TYPES.map((info) => [info.array.name, info]));
BY_CLASS.set('Uint8ClampedArray', BY_CLASS.get('Uint8Array') as ElementInfo);

/** The element type of a class of views, by the name `classOfView` gives; undefined for views that are no vector. */
export function elementOfClass(name: string): ElementInfo | undefined {
  return BY_CLASS.get(name);
}

/** The number of elements of a shape. Sizes may multiply to anything, but by 0 to nothing. */
export function elementsOfShape(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}
