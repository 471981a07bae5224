import { describe, InvalidArgument, isArrayBuffer, isUint8Array } from '@kohakuvault/core-native/internal';
import { DataPacker, type Tensor } from '@kohakuvault/packer';
import type { Metric } from './metrics.ts';
import type { VectorShape } from './options.ts';

const { types } = process.getBuiltinModule('node:util');

/** A vector as an argument: numbers, a tensor of one row, or for bits also bytes that hold eight each. */
export type VectorLike =
  | ArrayLike<number>
  | readonly (number | boolean)[]
  | Tensor
  | { readonly data: ArrayLike<number>; readonly dims: readonly number[] };
/** A vector as a result. For bits, each byte holds eight of them. */
export type StoredVector = Float32Array | Int8Array | Uint8Array;

/** Encodes the vectors of a table, and decodes them. */
export interface VectorFormat {
  /** The bytes of a vector. */
  readonly bytes: number;
  /** Whether the elements are bits. */
  readonly isBits: boolean;
  /** Checks a vector and returns its bytes. Floats under cosine get the length 1. */
  encode(owner: string, vector: unknown): Buffer;
  /** Checks a query and returns its bytes. The metric may differ from that of the table. */
  encodeQuery(owner: string, vector: unknown, metric: Metric): Buffer;
  decode(bytes: Buffer): StoredVector;
}

export function vectorFormat({ dimensions, metric, vectorType }: VectorShape): VectorFormat {
  switch (vectorType) {
    case 'f32':
      return new FloatFormat(dimensions, metric === 'cosine');
    case 'int8':
      return new Int8Format(dimensions, metric === 'cosine');
    case 'bit':
      return new BitFormat(dimensions);
  }
}

class FloatFormat implements VectorFormat {
  readonly bytes: number;
  readonly isBits = false;
  readonly #packer: DataPacker<`vec:f32:${number}`>;
  readonly #dimensions: number;
  readonly #normalizes: boolean;

  constructor(dimensions: number, normalizes: boolean) {
    this.bytes = dimensions * 4;
    this.#dimensions = dimensions;
    this.#normalizes = normalizes;
    this.#packer = new DataPacker(`vec:f32:${dimensions}`);
  }

  encode(owner: string, vector: unknown): Buffer {
    const values = this.#values(owner, vector);
    const length = lengthOf(owner, values);
    if (!this.#normalizes) return bytesOf(values);
    refuseZero(owner, length);
    return bytesOf(values.map((value) => value / length));
  }

  encodeQuery(owner: string, vector: unknown, metric: Metric): Buffer {
    const values = this.#values(owner, vector);
    const length = lengthOf(owner, values);
    if (metric === 'cosine') refuseZero(owner, length);
    return bytesOf(values);
  }

  decode(bytes: Buffer): Float32Array {
    return new Float32Array(copyOf(bytes));
  }

  #values(owner: string, vector: unknown): Float32Array {
    if (types.isFloat32Array(vector) && vector.length === this.#dimensions) return Float32Array.from(vector);
    const packed = pack(owner, this.#packer, vector);
    return new Float32Array(copyOf(packed.subarray(packed.length - this.bytes)));
  }
}

class Int8Format implements VectorFormat {
  readonly bytes: number;
  readonly isBits = false;
  readonly #packer: DataPacker<`vec:i8:${number}`>;
  readonly #refusesZero: boolean;

  constructor(dimensions: number, refusesZero: boolean) {
    this.bytes = dimensions;
    this.#refusesZero = refusesZero;
    this.#packer = new DataPacker(`vec:i8:${dimensions}`);
  }

  encode(owner: string, vector: unknown): Buffer {
    return this.#bytes(owner, vector, this.#refusesZero);
  }

  encodeQuery(owner: string, vector: unknown, metric: Metric): Buffer {
    return this.#bytes(owner, vector, metric === 'cosine');
  }

  decode(bytes: Buffer): Int8Array {
    return new Int8Array(copyOf(bytes));
  }

  #bytes(owner: string, vector: unknown, refusesZero: boolean): Buffer {
    const packed = pack(owner, this.#packer, vector);
    const bytes = packed.subarray(packed.length - this.bytes);
    if (refusesZero && bytes.every((byte) => byte === 0)) refuseZero(owner, 0);
    return bytes;
  }
}

class BitFormat implements VectorFormat {
  readonly bytes: number;
  readonly isBits = true;
  readonly #dimensions: number;

  constructor(dimensions: number) {
    this.bytes = dimensions / 8;
    this.#dimensions = dimensions;
  }

  encode(owner: string, vector: unknown): Buffer {
    if (isUint8Array(vector) && vector.length === this.bytes) return Buffer.from(vector);
    if (isArrayBuffer(vector) && vector.byteLength === this.bytes) return Buffer.from(new Uint8Array(vector));
    const bits = isListOfNumbers(vector) ? vector : undefined;
    if (bits?.length !== this.#dimensions) {
      const given = bits ? `${describe(vector)} with ${bits.length} elements` : describe(vector);
      throw new InvalidArgument(
        `${owner}: the vector is ${given}; expected ${this.#dimensions} bits (0, 1, true or false), or ` +
          `${this.bytes} bytes that hold them`,
      );
    }
    const bytes = Buffer.alloc(this.bytes);
    for (let index = 0; index < this.#dimensions; index++) {
      const bit = bits[index];
      if (bit === 1 || bit === true) bytes[index >> 3] = (bytes[index >> 3] as number) | (1 << (index & 7));
      else if (bit !== 0 && bit !== false) {
        throw new InvalidArgument(
          `${owner}: element ${index} of the vector is ${describe(bit)}; expected 0, 1, true or false`,
        );
      }
    }
    return bytes;
  }

  encodeQuery(owner: string, vector: unknown): Buffer {
    return this.encode(owner, vector);
  }

  decode(bytes: Buffer): Uint8Array {
    return new Uint8Array(copyOf(bytes));
  }
}

function isListOfNumbers(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !types.isDataView(value));
}

/** Casts as the packer does: it refuses a cast that changes a value. */
function pack(
  owner: string,
  packer: DataPacker<`vec:f32:${number}`> | DataPacker<`vec:i8:${number}`>,
  vector: unknown,
) {
  try {
    return (packer as DataPacker<`vec:f32:${number}`>).pack(withoutBatch(vector) as Float32Array);
  } catch (error) {
    if (error instanceof InvalidArgument) {
      throw new InvalidArgument(`${owner}: the vector does not fit the table: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** Removes a batch dimension of 1: a model returns a tensor of 1 x dimensions for one text. */
function withoutBatch(vector: unknown): unknown {
  if (typeof vector !== 'object' || vector === null || !('data' in vector)) return vector;
  const tensor = vector as { data: unknown; shape?: unknown; dims?: unknown };
  const sizes = tensor.shape ?? tensor.dims;
  if (!Array.isArray(sizes) || sizes.length < 2 || sizes.slice(0, -1).some((size) => size !== 1)) return vector;
  return { ...tensor, data: tensor.data, shape: sizes.slice(-1) };
}

/** Returns the length of a vector. Refuses elements that are not finite. */
function lengthOf(owner: string, values: Float32Array): number {
  let squares = 0;
  for (let index = 0; index < values.length; index++) squares += (values[index] as number) ** 2;
  // Squares of 32-bit floats never overflow 64 bits, so the sum is finite if all elements are.
  if (Number.isFinite(squares)) return Math.sqrt(squares);
  const index = values.findIndex((value) => !Number.isFinite(value));
  throw new InvalidArgument(
    `${owner}: element ${index} of the vector is ${values[index]}; expected a finite 32-bit float`,
  );
}

function refuseZero(owner: string, length: number): void {
  if (length > 0) return;
  throw new InvalidArgument(
    `${owner}: the vector is all zeros, which has no direction and so no cosine; leave it out, or use the metric 'l2'`,
  );
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
