import {
  type ElementInfo,
  elementOfClass,
  elementsOfShape,
  isInValues,
  type Tensor,
  type TypedArray,
} from '../elements/element-types.ts';
import { alignedCopy, asBuffer, classOfView, elementCount, pooled } from '../elements/memory.ts';
import { DecodeError } from '../errors/decode-error.ts';
import { Encoding, HEADER_LENGTH, Kind, writeHeader } from '../headers/header.ts';
import { MOST_DIMENSIONS } from './nested-numbers.ts';
import { LONGEST_DIMENSION, readVectorHeader, vectorHeaderSize, writeVectorHeader } from './vector-header.ts';

export type VectorValue = TypedArray | Uint8ClampedArray | Tensor;

/** A value to store as a vector: a typed array whose type Python's values have, or a tensor of them. */
export interface VectorSource {
  readonly element: ElementInfo;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
  readonly kind: Kind;
}

/** Describes a typed array as a vector; returns undefined for other views, such as a DataView or a Float16Array. */
export function vectorOfArray(view: ArrayBufferView): VectorSource | undefined {
  const name = classOfView(view);
  const element = elementOfClass(name);
  if (!element || !isInValues(element)) return undefined;
  const count = elementCount(view);
  if (count > LONGEST_DIMENSION) return undefined;
  const kind = name === 'Uint8ClampedArray' ? Kind.clampedArray : Kind.typedArray;
  return { element, shape: [count], data: view, kind };
}

/** Describes an object that is a tensor and nothing else; returns undefined for every other object. */
export function vectorOfTensor(value: object): VectorSource | undefined {
  if (!('data' in value && 'shape' in value && 'dtype' in value) || Object.keys(value).length !== 3) return undefined;
  const { data, shape: given, dtype } = value;
  // A Buffer as data would come back as a Uint8Array.
  if (!ArrayBuffer.isView(data) || Buffer.isBuffer(data) || !Array.isArray(given)) return undefined;
  const name = classOfView(data);
  const element = elementOfClass(name);
  if (!element || !isInValues(element) || name === 'Uint8ClampedArray' || element.type !== dtype) return undefined;
  if (!(given.length <= MOST_DIMENSIONS)) return undefined;
  // A copy, since a getter may return something else when the shape is written. `Array.from` also visits holes.
  const shape: number[] = Array.from({ length: given.length }, (_, index) => given[index]);
  const isDimension = (size: unknown) => Number.isInteger(size) && !Object.is(size, -0) && inRange(size as number);
  if (!shape.every(isDimension)) return undefined;
  return elementsOfShape(shape) === elementCount(data) ? { element, shape, data, kind: Kind.tensor } : undefined;
}

function inRange(size: number): boolean {
  return size >= 0 && size <= LONGEST_DIMENSION;
}

/** Encodes a vector with its shape, behind a header of the stored value. */
export function encodeVector({ element, shape, data, kind }: VectorSource, headers: boolean): Buffer {
  const start = headers ? HEADER_LENGTH : 0;
  const bytes = asBuffer(data);
  const stored = pooled(start + vectorHeaderSize(shape.length) + bytes.length);
  if (headers) writeHeader(stored, Encoding.packed, kind);
  stored.set(bytes, writeVectorHeader(stored, start, element, shape));
  return stored;
}

/** Reads a vector. Without a kind, one dimension makes a typed array and any other number of dimensions a tensor. */
export function readVector(payload: Buffer, kind: Kind): VectorValue {
  const { element, shape, start, end } = readVectorHeader(payload);
  if (!isInValues(element)) throw new DecodeError(`a vector of a stored value has elements of ${element.type}`);
  if (end !== payload.length) throw new DecodeError(`${payload.length - end} bytes follow the vector; expected none`);
  const data = payload.subarray(start);
  const flat = shape.length === 1;
  if (kind === Kind.clampedArray) {
    if (element.type !== 'u8' || !flat)
      throw new DecodeError(`a Uint8ClampedArray is stored as ${element.type} with the shape [${shape}]`);
    return new Uint8ClampedArray(alignedCopy(data));
  }
  if (kind === Kind.typedArray && !flat) throw new DecodeError(`a typed array is stored with the shape [${shape}]`);
  const array = new element.array(alignedCopy(data));
  return flat && kind !== Kind.tensor ? array : { data: array, shape, dtype: element.type };
}
