import { Malformed } from '../codec/refusal.ts';
import { ELEMENT_TYPES, type ElementInfo, type Tensor, type TypedArray } from '../tensor-types.ts';
import { readVectorHeader, vectorHeaderSize, writeVectorHeader } from '../vector-header.ts';
import { alignedCopy, bytesOf, classOfView } from './bytes.ts';
import { Encoding, HEADER_LENGTH, Kind, writeHeader } from './header.ts';

export type VectorValue = TypedArray | Uint8ClampedArray | Tensor;

/** What is stored as a vector: a typed array of numpy's own types, or a tensor. */
export interface VectorSource {
  readonly element: ElementInfo;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
  readonly kind: Kind;
}

const BY_CLASS = new Map<unknown, ElementInfo>(ELEMENT_TYPES.map((info) => [info.array.name, info]));
const MOST_DIMENSIONS = 255;
const LONGEST_DIMENSION = 0xffff_ffff;

/** A typed array as a vector; undefined for views that numpy has no type for (DataView, and unknown ones). */
export function vectorOfArray(view: ArrayBufferView): VectorSource | undefined {
  const name = classOfView(view);
  const clamped = name === 'Uint8ClampedArray';
  const element = BY_CLASS.get(clamped ? 'Uint8Array' : name);
  if (!element || view.byteLength / element.size > LONGEST_DIMENSION) return undefined;
  const kind = clamped ? Kind.clampedArray : Kind.typedArray;
  return { element, shape: [view.byteLength / element.size], data: view, kind };
}

/** An object that is a tensor and nothing else; undefined for every other object. */
export function vectorOfTensor(value: object): VectorSource | undefined {
  if (!('data' in value && 'shape' in value && 'dtype' in value) || Object.keys(value).length !== 3) return undefined;
  const { data, shape, dtype } = value;
  // A Buffer would come back as a Uint8Array.
  if (!ArrayBuffer.isView(data) || Buffer.isBuffer(data) || !Array.isArray(shape)) return undefined;
  const element = BY_CLASS.get(classOfView(data));
  if (!element || element.type !== dtype || shape.length > MOST_DIMENSIONS) return undefined;
  const isDimension = (size: unknown) => Number.isInteger(size) && !Object.is(size, -0) && inRange(size as number);
  // Not `every`, which passes over holes.
  for (let index = 0; index < shape.length; index++) if (!isDimension(shape[index])) return undefined;
  return elementsOf(shape) === data.byteLength / element.size ? { element, shape, data, kind: Kind.tensor } : undefined;
}

function inRange(size: number): boolean {
  return size >= 0 && size <= LONGEST_DIMENSION;
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The vector with its shape, behind a header. */
export function encodeVector({ element, shape, data, kind }: VectorSource, headers: boolean): Buffer {
  const start = headers ? HEADER_LENGTH : 0;
  const stored = Buffer.allocUnsafe(start + vectorHeaderSize(shape.length) + data.byteLength);
  if (headers) writeHeader(stored, Encoding.packed, kind);
  stored.set(bytesOf(data), writeVectorHeader(stored, start, element, shape));
  return stored;
}

/** Reads a vector; without a kind, one dimension makes a typed array and any other number a tensor. */
export function readVector(payload: Buffer, kind: Kind): VectorValue {
  const { element, shape, start, end } = readVectorHeader(payload);
  if (end !== payload.length) throw new Malformed(`${payload.length - end} bytes follow a vector, which has none`);
  const data = payload.subarray(start);
  const flat = shape.length === 1;
  if (kind === Kind.clampedArray) {
    if (element.type !== 'u8' || !flat)
      throw new Malformed(`a Uint8ClampedArray is stored as ${element.type} [${shape}]`);
    return new Uint8ClampedArray(alignedCopy(data));
  }
  if (kind === Kind.typedArray && !flat) throw new Malformed(`a typed array is stored with the shape [${shape}]`);
  const array = new element.array(alignedCopy(data));
  return flat && kind !== Kind.tensor ? array : { data: array, shape, dtype: element.type };
}
