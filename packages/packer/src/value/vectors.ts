import { Malformed } from '../codec/refusal.ts';
import { ELEMENT_TYPES, type ElementInfo, elementOfCode, type Tensor, type TypedArray } from '../tensor-types.ts';
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

/** `code u8 | dimensions u8 | size of each u32 LE | elements LE, row-major`, behind a header. */
export function encodeVector({ element, shape, data, kind }: VectorSource, headers: boolean): Buffer {
  const start = headers ? HEADER_LENGTH : 0;
  const head = start + 2 + shape.length * 4;
  const stored = Buffer.allocUnsafe(head + data.byteLength);
  if (headers) writeHeader(stored, Encoding.packed, kind);
  stored[start] = element.code;
  stored[start + 1] = shape.length;
  for (const [index, size] of shape.entries()) stored.writeUInt32LE(size, start + 2 + index * 4);
  stored.set(bytesOf(data), head);
  return stored;
}

/** Reads a vector; without a kind, one dimension makes a typed array and any other number a tensor. */
export function readVector(payload: Buffer, kind: Kind): VectorValue {
  const element = elementOfCode(payload[0] ?? 0);
  if (!element)
    throw new Malformed(`${payload.length} bytes that begin with ${payload[0]} are no number and no vector`);
  const dimensions = payload[1] ?? 0;
  const head = 2 + dimensions * 4;
  if (payload.length < head) throw new Malformed(`a vector of ${dimensions} dimensions ends before its sizes do`);
  const shape = Array.from({ length: dimensions }, (_, index) => payload.readUInt32LE(2 + index * 4));
  const data = payload.subarray(head);
  const needed = elementsOf(shape) * element.size;
  if (data.length !== needed) {
    throw new Malformed(
      `a vector ${element.type} of shape [${shape}] takes ${needed} bytes, and there are ${data.length}`,
    );
  }
  const flat = dimensions === 1;
  if (kind === Kind.clampedArray) {
    if (element.type !== 'u8' || !flat)
      throw new Malformed(`a Uint8ClampedArray is stored as ${element.type} [${shape}]`);
    return new Uint8ClampedArray(alignedCopy(data));
  }
  if (kind === Kind.typedArray && !flat) throw new Malformed(`a typed array is stored with the shape [${shape}]`);
  const array = new element.array(alignedCopy(data));
  return flat && kind !== Kind.tensor ? array : { data: array, shape, dtype: element.type };
}
