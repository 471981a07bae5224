import type { ElementType, Tensor } from '../elements/element-types.ts';

export type TextEncoding = 'utf8' | 'utf16le' | 'utf16be' | 'ascii' | 'latin1';

/** Numbers of one size. The Python package's packer knows `i64` and `f64`; the columns of its later releases all of them. */
export type ScalarType = ElementType;

/** What a `DataPacker` packs. Python's other spellings (`string`, `vector`, `float32`, ...) are understood too. */
export type DType =
  | ScalarType
  | 'bytes'
  | `bytes:${number}`
  | 'str'
  | `str:${number}`
  | `str:${TextEncoding}`
  | `str:${number}:${TextEncoding}`
  | 'msgpack'
  | `msgpack:${number}`
  | 'cbor'
  | `cbor:${number}`
  | `vec:${ElementType}`
  | `vec:${ElementType}:${Dims}`;

/** Sizes, outermost first: `384`, or `3:224:224`. */
export type Dims = `${number}` | `${number}:${string}`;

/** How 64-bit integers come back. */
export type Int64 = 'bigint' | 'number';

interface ArrayOfElement {
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  i64: BigInt64Array;
  u8: Uint8Array;
  u16: Uint16Array;
  u32: Uint32Array;
  u64: BigUint64Array;
  i8: Int8Array;
  i16: Int16Array;
}

/** What one element comes back as: `'f64'` a number, `'vec:f32:384'` a Float32Array, `'vec:u8:3:224:224'` a Tensor. */
export type ElementOf<D extends DType, I extends Int64 = 'bigint', T = unknown> = D extends 'i64' | 'u64'
  ? I extends 'number'
    ? number
    : bigint
  : D extends ScalarType
    ? number
    : D extends 'bytes' | `bytes:${string}`
      ? Buffer
      : D extends 'str' | `str:${string}`
        ? string
        : D extends `vec:${infer Rest}`
          ? VectorOf<Rest>
          : T;

type VectorOf<Rest extends string> = Rest extends `${infer E extends ElementType}:${infer Dims}`
  ? Dims extends `${string}:${string}`
    ? Tensor<ArrayOfElement[E]>
    : ArrayOfElement[E]
  : Rest extends ElementType
    ? Tensor<ArrayOfElement[Rest]>
    : never;

/** What many elements come back as: numbers as one typed array, everything else as an array. */
export type BlockOf<D extends DType, I extends Int64 = 'bigint', T = unknown> = D extends 'i64' | 'u64'
  ? I extends 'number'
    ? Float64Array
    : ArrayOfElement[D]
  : D extends ScalarType
    ? ArrayOfElement[D]
    : ElementOf<D, I, T>[];

/** The tensor that a block of fixed vectors comes back as. */
export type BlockTensorOf<D extends DType> = D extends `vec:${infer E extends ElementType}:${string}`
  ? Tensor<ArrayOfElement[E]>
  : never;
