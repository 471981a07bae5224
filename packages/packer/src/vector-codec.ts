import { nativeCore } from '@kohakuvault/core-native';
import { bytesAs } from './cast.ts';
import { Malformed, Refusal } from './codec/refusal.ts';
import type { Codec } from './codec.ts';
import { bytesOf, makeTensor, numbersOf, unfilledArray } from './tensor.ts';
import { type ElementInfo, elementOfCode, type Tensor, type TypedArray } from './tensor-types.ts';

/** Vectors of one shape: `| type u8 | data |`. */
export class FixedVectorCodec implements Codec {
  readonly size: number;
  readonly #element: ElementInfo;
  readonly #shape: readonly number[];
  readonly #count: number;

  constructor(element: ElementInfo, shape: readonly number[]) {
    this.#element = element;
    this.#shape = shape;
    this.#count = shape.reduce((product, size) => product * size, 1);
    this.size = 1 + this.#count * element.size;
  }

  encode(value: unknown): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.size);
    this.encodeInto(value, bytes, 0);
    return bytes;
  }

  encodeInto(value: unknown, target: Buffer, offset: number): void {
    const { data, shape } = numbersOf(value);
    if (shape.length !== this.#shape.length || shape.some((size, index) => size !== this.#shape[index])) {
      throw new Refusal(`the vector has the shape [${shape.join(', ')}]; expected [${this.#shape.join(', ')}]`);
    }
    const bytes = bytesAs(data, this.#element);
    target[offset] = this.#element.code;
    target.set(bytes, offset + 1);
  }

  decode(bytes: Buffer, start: number): TypedArray | Tensor {
    checkCode(bytes[start] as number, this.#element);
    const data = new this.#element.array(this.#count);
    bytesOf(data).set(bytes.subarray(start + 1, start + this.size));
    return this.#shape.length === 1 ? data : makeTensor(data, this.#shape, this.#element.type);
  }

  /** A tensor of rows of this shape. */
  encodeBlock(values: unknown): Buffer | undefined {
    if (Array.isArray(values) || typeof values !== 'object' || values === null || !('data' in values)) return undefined;
    const { data, shape } = numbersOf(values);
    const rows = shape[0] ?? 0;
    if (shape.length !== this.#shape.length + 1 || this.#shape.some((size, index) => size !== shape[index + 1])) {
      throw new Refusal(`the tensor has the shape [${shape.join(', ')}]; expected rows of [${this.#shape.join(', ')}]`);
    }
    const target = Buffer.allocUnsafeSlow(rows * this.size);
    nativeCore().binding.frameRows(this.#element.code, bytesAs(data, this.#element), this.size - 1, target);
    return target;
  }

  decodeBlock(bytes: Buffer, count: number): (TypedArray | Tensor)[] {
    const { data } = this.decodeTensor(bytes, count);
    return Array.from({ length: count }, (_, row) => {
      const part = data.subarray(row * this.#count, (row + 1) * this.#count) as TypedArray;
      return this.#shape.length === 1 ? part : makeTensor(part, this.#shape, this.#element.type);
    });
  }

  decodeTensor(bytes: Buffer, count: number): Tensor {
    const data = unfilledArray(this.#element, count * this.#count);
    const { binding } = nativeCore();
    const framed = bytes.subarray(0, count * this.size);
    const wrong = binding.unframeRows(this.#element.code, framed, this.size - 1, data);
    if (wrong >= 0) {
      try {
        checkCode(bytes[wrong * this.size] as number, this.#element);
      } catch (error) {
        throw Malformed.within(error, wrong);
      }
    }
    return makeTensor(data, [count, ...this.#shape], this.#element.type);
  }
}

/** Vectors of any shape: `| type u8 | ndim u8 | dim u32 LE x ndim | data |`. */
export class VectorCodec implements Codec {
  readonly size = 0;
  readonly #element: ElementInfo;

  constructor(element: ElementInfo) {
    this.#element = element;
  }

  encode(value: unknown): Uint8Array {
    const { data, shape } = numbersOf(value);
    return packVector(bytesAs(data, this.#element), shape, this.#element);
  }

  decode(bytes: Buffer, start: number, end: number): Tensor {
    const tensor = unpackVector(bytes.subarray(start, end));
    checkCode(bytes[start] as number, this.#element);
    return tensor;
  }
}

/** The bytes of a vector that carries its shape. */
export function packVector(data: Buffer, shape: readonly number[], element: ElementInfo): Buffer {
  if (shape.length > 0xff) throw new Refusal(`the tensor has ${shape.length} dimensions; at most 255 can be packed`);
  const start = 2 + 4 * shape.length;
  const bytes = Buffer.allocUnsafe(start + data.length);
  bytes[0] = element.code;
  bytes[1] = shape.length;
  for (const [index, size] of shape.entries()) bytes.writeUInt32LE(size, 2 + 4 * index);
  bytes.set(data, start);
  return bytes;
}

/** Reads a vector that carries its shape; bytes after it are ignored. One without dimensions comes back with one. */
export function unpackVector(bytes: Buffer): Tensor {
  const element = elementOfCode(bytes[0] ?? 0);
  const dimensions = bytes[1];
  if (dimensions === undefined) throw new Malformed(`a vector takes 2 bytes at least, and ${bytes.length} are there`);
  if (!element) throw new Malformed(`${bytes[0]} is the code of no element type; they are 1 (f32) to 10 (i16)`);
  const start = 2 + 4 * dimensions;
  if (start > bytes.length) throw new Malformed(`the header of a vector of ${dimensions} dimensions is cut off`);
  const shape = Array.from({ length: dimensions }, (_, index) => bytes.readUInt32LE(2 + 4 * index));
  const count = shape.reduce((product, size) => product * size, 1);
  const length = count * element.size;
  // Damaged sizes multiply to anything, so nothing is allocated before this.
  if (length > bytes.length - start) {
    throw new Malformed(
      `a vector of ${shape.join(' x ')} ${element.type} needs ${length} bytes, and ${bytes.length - start} are there`,
    );
  }
  const data = new element.array(count);
  bytesOf(data).set(bytes.subarray(start, start + length));
  return makeTensor(data, dimensions === 0 ? [1] : shape, element.type);
}

function checkCode(code: number, expected: ElementInfo): void {
  if (code === expected.code) return;
  const found = elementOfCode(code);
  throw new Malformed(
    found
      ? `the vector's elements are ${found.type}, the dtype's ${expected.type}: read it as vec:${found.type}`
      : `${code} is the code of no element type; expected ${expected.code} (${expected.type})`,
  );
}
