import { nativeCore } from '@kohakuvault/core-native/internal';
import {
  type ElementInfo,
  elementOfCode,
  elementsOfShape,
  type Tensor,
  type TypedArray,
} from '../elements/element-types.ts';
import { pooled, unfilled, unshared } from '../elements/memory.ts';
import { DecodeError } from '../errors/decode-error.ts';
import { EncodeError } from '../errors/encode-error.ts';
import { bytesAs } from '../tensors/cast.ts';
import { arrayFrom, arrayOver, makeTensor, numbersOf } from '../tensors/tensor.ts';
import { LONGEST_DIMENSION, readVectorHeader, vectorHeaderSize, writeVectorHeader } from '../tensors/vector-header.ts';
import type { Codec } from './codec.ts';

const LONGEST_ARRAY = 2 ** 32 - 1;

/** Vectors of one shape, without the type: `| data |`. */
export class BareVectorCodec implements Codec {
  readonly size: number;
  readonly #framed: FixedVectorCodec;

  constructor(element: ElementInfo, shape: readonly number[]) {
    this.#framed = new FixedVectorCodec(element, shape);
    this.size = this.#framed.size - 1;
  }

  encode(value: unknown): Uint8Array {
    return this.#framed.elementsOf(value);
  }

  decode(bytes: Buffer, start: number): TypedArray | Tensor {
    return this.#framed.decodeElements(bytes, start);
  }
}

/** Vectors of one shape: `| type u8 | data |`. */
export class FixedVectorCodec implements Codec {
  readonly size: number;
  readonly #element: ElementInfo;
  readonly #shape: readonly number[];
  readonly #count: number;

  constructor(element: ElementInfo, shape: readonly number[]) {
    this.#element = element;
    this.#shape = shape;
    this.#count = elementsOfShape(shape);
    this.size = 1 + this.#count * element.size;
  }

  encode(value: unknown): Uint8Array {
    const elements = this.elementsOf(value);
    const bytes = pooled(this.size);
    bytes[0] = this.#element.code;
    bytes.set(elements, 1);
    return bytes;
  }

  encodeInto(value: unknown, target: Buffer, offset: number): void {
    const elements = this.elementsOf(value);
    target[offset] = this.#element.code;
    target.set(elements, offset + 1);
  }

  /** Returns the bytes of the elements after checking the shape. They may be the value's own memory. */
  elementsOf(value: unknown): Buffer {
    const numbers = numbersOf(value, this.#element);
    const { shape } = numbers;
    if (shape.length !== this.#shape.length || shape.some((size, index) => size !== this.#shape[index])) {
      throw new EncodeError(`the vector has the shape [${shape.join(', ')}]; expected [${this.#shape.join(', ')}]`);
    }
    return bytesAs(numbers, this.#element);
  }

  decode(bytes: Buffer, start: number): TypedArray | Tensor {
    checkCode(bytes[start] as number, this.#element);
    return this.decodeElements(bytes, start + 1);
  }

  decodeElements(bytes: Buffer, start: number): TypedArray | Tensor {
    const data = arrayFrom(this.#element, bytes.subarray(start, start + this.size - 1));
    return this.#shape.length === 1 ? data : makeTensor(data, this.#shape, this.#element.type);
  }

  /** Encodes a tensor whose rows have this shape. */
  encodeBlock(values: unknown): Buffer | undefined {
    if (Array.isArray(values) || typeof values !== 'object' || values === null || !('data' in values)) return undefined;
    const numbers = numbersOf(values, this.#element);
    const { shape } = numbers;
    const rows = shape[0] ?? 0;
    if (shape.length !== this.#shape.length + 1 || this.#shape.some((size, index) => size !== shape[index + 1])) {
      throw new EncodeError(
        `the tensor has the shape [${shape.join(', ')}]; expected rows of [${this.#shape.join(', ')}]`,
      );
    }
    const elements = unshared(bytesAs(numbers, this.#element));
    const target = unfilled(rows * this.size);
    nativeCore().binding.frameRows(this.#element.code, elements, this.size - 1, target);
    return target;
  }

  decodeBlock(bytes: Buffer, count: number): (TypedArray | Tensor)[] {
    const { data } = this.decodeTensor(bytes, count);
    if (count > LONGEST_ARRAY)
      throw new EncodeError(`${count} vectors are more than an array can hold; use unpackTensor`);
    return Array.from({ length: count }, (_, row) => {
      const part = data.subarray(row * this.#count, (row + 1) * this.#count) as TypedArray;
      return this.#shape.length === 1 ? part : makeTensor(part, this.#shape, this.#element.type);
    });
  }

  decodeTensor(bytes: Buffer, count: number): Tensor {
    const rows = unfilled(count * (this.size - 1));
    const { binding } = nativeCore();
    const framed = unshared(bytes.subarray(0, count * this.size));
    const wrong = binding.unframeRows(this.#element.code, framed, this.size - 1, rows);
    if (wrong >= 0) {
      try {
        checkCode(framed[wrong * this.size] as number, this.#element);
      } catch (error) {
        throw DecodeError.within(error, wrong);
      }
    }
    return makeTensor(arrayOver(this.#element, rows), [count, ...this.#shape], this.#element.type);
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
    const numbers = numbersOf(value, this.#element);
    const { shape } = numbers;
    const long = shape.find((size) => size > LONGEST_DIMENSION);
    if (long !== undefined) {
      throw new EncodeError(
        `the tensor has a dimension of ${long}; the largest that can be packed is ${LONGEST_DIMENSION}`,
      );
    }
    const elements = bytesAs(numbers, this.#element);
    const bytes = pooled(vectorHeaderSize(shape.length) + elements.length);
    bytes.set(elements, writeVectorHeader(bytes, 0, this.#element, shape));
    return bytes;
  }

  /** Decodes a vector. A single number, stored without dimensions, comes back with one. */
  decode(bytes: Buffer, from: number, to: number): Tensor {
    const packed = bytes.subarray(from, to);
    const { element, shape, start, end } = readVectorHeader(packed);
    checkCode(element.code, this.#element);
    return makeTensor(arrayFrom(element, packed.subarray(start, end)), shape.length === 0 ? [1] : shape, element.type);
  }
}

function checkCode(code: number, expected: ElementInfo): void {
  if (code === expected.code) return;
  const found = elementOfCode(code);
  throw new DecodeError(
    found
      ? `the vector's elements are ${found.type}; expected ${expected.type}. Read it as vec:${found.type}`
      : `the element type code ${code} is unknown; expected ${expected.code} (${expected.type})`,
  );
}
