import { ElementCode } from '@kohakuvault/core-native/internal';

export type ElementType = 'f32' | 'f64' | 'i32' | 'i64' | 'u8' | 'u16' | 'u32' | 'u64' | 'i8' | 'i16' | 'bool' | 'f16';

/** The array of 16-bit floats: a Float16Array if the runtime has it, otherwise a Float32Array. */
export type HalfArray = typeof globalThis extends { Float16Array: { prototype: infer A } }
  ? A | Float32Array
  : Float32Array;

/** The typed arrays of the element types. Those of `bool` have 0 and 1. */
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
  | Int16Array
  | HalfArray;

/** Numbers with a shape, in row-major order. */
export interface Tensor<A extends TypedArray = TypedArray> {
  data: A;
  shape: readonly number[];
  dtype: ElementType;
}

export interface ElementInfo {
  readonly type: ElementType;
  /** The byte that identifies the type at the beginning of a vector. */
  readonly code: number;
  /** The bytes of one element. */
  readonly size: number;
  readonly array: TypedArrayConstructor;
  /** Whether the array has the stored bytes as its memory. 16-bit floats are converted without a Float16Array. */
  readonly isNative: boolean;
}

export interface TypedArrayConstructor {
  new (length: number): TypedArray;
  new (elements: ArrayLike<number> | ArrayLike<bigint>): TypedArray;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

// It does not exist in the oldest supported Node.
const { Float16Array } = globalThis as { Float16Array?: TypedArrayConstructor };

/** All element types, in the order of their codes, which begin with 1. */
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
    ['bool', Uint8Array],
    ['f16', Float16Array ?? Float32Array],
  ] as [ElementType, TypedArrayConstructor][]
).map(([type, array]) => {
  const size = type === 'f16' ? 2 : array.BYTES_PER_ELEMENT;
  return { type, code: ElementCode[type], size, array, isNative: size === array.BYTES_PER_ELEMENT };
});

/** Whether stored values, whose vectors the Python package reads, may have elements of this type. */
export function isInValues({ code }: ElementInfo): boolean {
  return code <= ElementCode.i16;
}

/** Returns the element type for the first byte of a vector. */
export function elementOfCode(code: number): ElementInfo | undefined {
  return ELEMENT_TYPES[code - 1];
}

const BY_CLASS = new Map<string, ElementInfo>();
// A Uint8Array has numbers, and without a Float16Array a Float32Array has 32-bit floats.
for (const info of ELEMENT_TYPES) if (info.type !== 'bool' && info.isNative) BY_CLASS.set(info.array.name, info);
BY_CLASS.set('Uint8ClampedArray', BY_CLASS.get('Uint8Array') as ElementInfo);

/** Returns the element type for a class name from `classOfView`; undefined for views that are not vectors. */
export function elementOfClass(name: string): ElementInfo | undefined {
  return BY_CLASS.get(name);
}

/** Returns the number of elements of a shape. It is 0 if a size is 0, even if the other sizes multiply to infinity. */
export function elementsOfShape(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}
