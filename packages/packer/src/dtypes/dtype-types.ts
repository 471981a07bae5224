import type { ElementType, HalfArray, Tensor } from '../elements/element-types.ts';

/** The encoding of the text of a `str` dtype. */
export type TextEncoding = 'utf8' | 'utf16le' | 'utf16be' | 'ascii' | 'latin1';

/**
 * Numbers, and truth values. The Python package's packer has `i64` and `f64`; the columns of its later releases have all of
 * them.
 */
export type ScalarType = ElementType;

/**
 * The type of the elements of a `DataPacker`. At run time, Python's aliases (`string`, `vector`, `float32`, ...) work
 * too.
 */
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

/** The dtypes whose elements are documents, whose type the caller names. */
export type DocumentDType = Extract<DType, `${'msgpack' | 'cbor'}${string}`>;

/** Sizes, outermost first: `384`, or `3:224:224`. */
export type Dims = `${number}` | `${number}:${string}`;

/** The JavaScript type in which 64-bit integers come back. */
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
  bool: Uint8Array;
  f16: HalfArray;
}

/**
 * The type of a decoded element: a number for `'f64'`, a boolean for `'bool'`, a Float32Array for `'vec:f32:384'`, a
 * Tensor for `'vec:u8:3:8'`.
 */
export type ElementOf<D extends DType, I extends Int64 = 'bigint', T = unknown> = D extends 'i64' | 'u64'
  ? I extends 'number'
    ? number
    : bigint
  : D extends 'bool'
    ? boolean
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

/** The type of many decoded elements: one typed array for numbers, an array for everything else. */
export type BlockOf<D extends DType, I extends Int64 = 'bigint', T = unknown> = D extends 'i64' | 'u64'
  ? I extends 'number'
    ? Float64Array
    : ArrayOfElement[D]
  : D extends Exclude<ScalarType, 'bool'>
    ? ArrayOfElement[D]
    : ElementOf<D, I, T>[];

/** The type of the tensor into which `unpackTensor` decodes vectors of one shape. */
export type BlockTensorOf<D extends DType> = D extends `vec:${infer E extends ElementType}:${string}`
  ? Tensor<ArrayOfElement[E]>
  : never;
