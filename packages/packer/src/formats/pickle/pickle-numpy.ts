import {
  ELEMENT_TYPES,
  type ElementInfo,
  elementsOfShape,
  type Tensor,
  type TypedArray,
} from '../../elements/element-types.ts';
import { alignedCopy } from '../../elements/memory.ts';
import { Malformed } from '../../errors/codec-errors.ts';
import { MOST_DIMENSIONS } from '../../tensors/nested-numbers.ts';

/** A numpy dtype, as `dtype('f4', False, True)` makes it and its state then completes it. */
export class NumpyType {
  readonly name: string;
  bigEndian = false;

  constructor(name: unknown) {
    // Not `String(name)`: a list as long and as deep as somebody likes has a text too.
    if (typeof name !== 'string')
      throw new Malformed('it is a pickle that makes a dtype of something else than a name');
    this.name = name;
    if (this.name.startsWith('>')) this.bigEndian = true;
  }

  /** `(version, byte order, subtype, names, fields, ...)`; those after the order are None for plain numbers. */
  setState(state: unknown): void {
    if (Array.isArray(state)) this.bigEndian = state[1] === '>';
  }

  get element(): ElementInfo {
    const code = this.name.replace(/^[<>|=]/, '');
    const found = ELEMENT_TYPES.find(({ type, size }) => code === `${type[0]}${size}`);
    if (!found) {
      throw new Malformed(
        `it holds a numpy array or scalar of dtype ${this.name.slice(0, 40)}: only integers and floats of 4 and 8 bytes are read`,
      );
    }
    return found;
  }

  /** The numbers that bytes hold, in memory of their own and in this machine's order. */
  arrayOf(bytes: Uint8Array): TypedArray {
    const { size, array } = this.element;
    const copy = alignedCopy(bytes);
    if (this.bigEndian && size > 1) {
      const swapped = Buffer.from(copy);
      if (size === 2) swapped.swap16();
      else if (size === 4) swapped.swap32();
      else swapped.swap64();
    }
    return new array(copy);
  }
}

/** A numpy array while its pickle is read: empty at first, until its state comes. */
export class NumpyArray {
  #value: TypedArray | Tensor | undefined;

  /** `(version, shape, dtype, Fortran order?, bytes)`. */
  setState(state: unknown): void {
    if (!Array.isArray(state) || state.length !== 5) throw new Malformed('a numpy array has a state that is none');
    const [, shape, type, fortran, bytes] = state;
    this.#value = arrayOf(bytes, type, shape, fortran === true);
  }

  get value(): TypedArray | Tensor {
    if (!this.#value) throw new Malformed('a numpy array has no state');
    return this.#value;
  }
}

/** One dimension makes a typed array, any other number a tensor. */
export function arrayOf(bytes: unknown, type: unknown, shape: unknown, fortran: boolean): TypedArray | Tensor {
  if (!(type instanceof NumpyType) || !isShape(shape)) throw new Malformed('a numpy array has no dtype or shape');
  const { type: dtype, size } = type.element;
  if (!(bytes instanceof Uint8Array) || bytes.length !== elementsOfShape(shape) * size) {
    throw new Malformed(`a numpy array ${dtype} of shape [${shape}] has not the bytes it needs`);
  }
  const data = type.arrayOf(fortran && shape.length > 1 ? rowMajor(bytes, shape, size) : bytes);
  return shape.length === 1 ? data : { data, shape, dtype };
}

/** `scalar(dtype, bytes)`; integers are numbers when safe, whatever their dtype, as everywhere in pickles. */
export function scalarOf(type: unknown, bytes: unknown): number | bigint {
  if (!(type instanceof NumpyType)) throw new Malformed('a numpy scalar has no dtype');
  const { size, type: dtype } = type.element;
  if (!(bytes instanceof Uint8Array) || bytes.length !== size) throw new Malformed(`a numpy scalar is no ${dtype}`);
  const value = type.arrayOf(bytes)[0] as number | bigint;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function isShape(shape: unknown): shape is number[] {
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS) return false;
  return shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Reorders elements stored with the first index running fastest, as Fortran has it. */
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
