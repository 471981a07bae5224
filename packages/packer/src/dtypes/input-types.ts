import type { ElementType, Tensor, TypedArray } from '../elements/element-types.ts';
import type { DType, ScalarType } from './dtype-types.ts';

/** The typed arrays of all element types; a Uint8ClampedArray counts as `u8`. */
export type NumberArray = TypedArray | Uint8ClampedArray;

/** Numbers in arrays of arrays; all arrays of one level have the same length. */
export type NestedNumbers = readonly (number | bigint | NestedNumbers)[];

/** Truth values in arrays of arrays; 0 and 1 are taken too. */
export type NestedBooleans = readonly (boolean | 0 | 1 | NestedBooleans)[];

/** A tensor as libraries describe one: `{ data, shape }`, `{ data, dims }`, or a row-major ndarray. */
export type TensorInput =
  | Tensor
  | ({
      readonly data: NumberArray | readonly (number | bigint)[];
      /** An ndarray's strides, which must be row-major. A method of this name is ignored. */
      readonly stride?: unknown;
      /** The index in `data` of the first element. */
      readonly offset?: number;
    } & (
      | { readonly shape: NumberArray | readonly (number | bigint)[] }
      | { readonly dims: NumberArray | readonly (number | bigint)[] }
    ));

/** A value that becomes one vector. */
export type VectorInput = NumberArray | NestedNumbers | TensorInput;

/**
 * The values that a dtype accepts, the mirror of `ElementOf`: numbers for `'f64'`, a string for `'str'`. `T` is the
 * type of the documents. A dtype known only as `DType` accepts everything.
 */
export type InputOf<D extends DType, T = unknown> = D extends 'bool'
  ? boolean | 0 | 1
  : D extends ScalarType
    ? number | bigint
    : D extends 'bytes' | `bytes:${string}`
      ? ArrayBufferView | ArrayBufferLike
      : D extends 'str' | `str:${string}`
        ? string
        : D extends `vec:bool:${string}`
          ? VectorInput | NestedBooleans
          : D extends 'vec:bool'
            ? VectorInput | NestedBooleans | boolean | 0 | 1
            : D extends `vec:${ElementType}:${string}`
              ? VectorInput
              : D extends `vec:${string}`
                ? VectorInput | number | bigint
                : T;

/**
 * Many elements at once, as `packMany` accepts them: an iterable object, for numbers also a tensor, for vectors of one
 * shape also a tensor of rows.
 */
export type Elements<D extends DType = DType, T = unknown> =
  | (Iterable<InputOf<D, T>> & object)
  | (D extends ScalarType | `vec:${ElementType}:${string}` ? TensorInput : never)
  | (D extends 'bool' ? NumberArray : never);
