import {
  ELEMENT_TYPES,
  type ElementInfo,
  elementsOfShape,
  type Tensor,
  type TypedArray,
} from '../../elements/element-types.ts';
import { alignedCopy } from '../../elements/memory.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { MOST_DIMENSIONS } from '../../tensors/nested-numbers.ts';
import { arrayOver } from '../../tensors/tensor.ts';

/** A numpy dtype, as `dtype('f4', False, True)` creates it and its state completes it. */
export class NumpyType {
  readonly name: string;
  bigEndian = false;

  constructor(name: unknown) {
    // Not `String(name)`: it would also convert a list of any length and depth.
    if (typeof name !== 'string') throw new DecodeError('the pickle creates a dtype from a value that is not a name');
    this.name = name;
    if (this.name.startsWith('>')) this.bigEndian = true;
  }

  /** Sets the state `(version, byte order, subtype, names, fields, ...)`. For plain numbers, only the order matters. */
  setState(state: unknown): void {
    if (Array.isArray(state)) this.bigEndian = state[1] === '>';
  }

  get element(): ElementInfo {
    const code = this.name.replace(/^[<>|=]/, '');
    const found = ELEMENT_TYPES.find(({ type, size }) => code === `${type[0]}${size}`);
    if (!found) {
      throw new DecodeError(
        `the pickle contains a numpy array or scalar of dtype ${this.name.slice(0, 40)}; ` +
          'only truth values, integers, and floats of 2, 4 and 8 bytes are read',
      );
    }
    return found;
  }

  /** Returns the numbers of bytes as an array in this machine's byte order, in memory of its own. */
  arrayOf(bytes: Uint8Array): TypedArray {
    const { size } = this.element;
    const copy = Buffer.from(alignedCopy(bytes));
    if (this.bigEndian && size > 1) {
      if (size === 2) copy.swap16();
      else if (size === 4) copy.swap32();
      else copy.swap64();
    }
    return arrayOver(this.element, copy);
  }
}

/** A numpy array while its pickle is read. Its state sets its elements. */
export class NumpyArray {
  #value: TypedArray | Tensor | undefined;

  /** Sets the state `(version, shape, dtype, Fortran order?, bytes)`. */
  setState(state: unknown): void {
    if (!Array.isArray(state) || state.length !== 5)
      throw new DecodeError('the state of a numpy array is not a tuple of 5 elements');
    const [, shape, type, fortran, bytes] = state;
    this.#value = arrayOf(bytes, type, shape, fortran === true);
  }

  get value(): TypedArray | Tensor {
    if (!this.#value) throw new DecodeError('a numpy array has no state');
    return this.#value;
  }
}

/**
 * Creates a typed array for one dimension, a tensor for any other number of dimensions. Truth values are always a tensor,
 * whose dtype tells that they are not numbers.
 */
export function arrayOf(bytes: unknown, type: unknown, shape: unknown, fortran: boolean): TypedArray | Tensor {
  if (!(type instanceof NumpyType) || !isShapeTuple(shape))
    throw new DecodeError('a numpy array has no dtype or shape');
  const { type: dtype, size } = type.element;
  if (!(bytes instanceof Uint8Array) || bytes.length !== elementsOfShape(shape) * size) {
    throw new DecodeError(`a numpy array ${dtype} of shape [${shape}] has not the bytes it needs`);
  }
  const data = type.arrayOf(fortran && shape.length > 1 ? rowMajor(bytes, shape, size) : bytes);
  return shape.length === 1 && dtype !== 'bool' ? data : { data, shape, dtype };
}

/** Creates the number of `scalar(dtype, bytes)`. As everywhere in pickles, safe integers become numbers. */
export function scalarOf(type: unknown, bytes: unknown): number | bigint | boolean {
  if (!(type instanceof NumpyType)) throw new DecodeError('a numpy scalar has no dtype');
  const { size, type: dtype } = type.element;
  if (!(bytes instanceof Uint8Array) || bytes.length !== size)
    throw new DecodeError(`the bytes of a numpy scalar are not one ${dtype}`);
  const value = type.arrayOf(bytes)[0] as number | bigint;
  if (dtype === 'bool') return value !== 0;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function isShapeTuple(shape: unknown): shape is number[] {
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS) return false;
  return shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Converts elements from Fortran's order, in which the first index changes fastest, to row-major order. */
function rowMajor(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const reordered = new Uint8Array(bytes.length);
  const strides: number[] = [];
  let stride = size;
  for (const length of shape) {
    strides.push(stride);
    stride *= length;
  }
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += size) {
    reordered.set(bytes.subarray(from, from + size), to);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      from -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return reordered;
}
