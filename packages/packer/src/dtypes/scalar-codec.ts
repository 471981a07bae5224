import { describe } from '@kohakuvault/core-native/internal';
import type { ElementInfo, ElementType, TypedArray } from '../elements/element-types.ts';
import { unfilled } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';
import { bytesAs } from '../tensors/cast.ts';
import { arrayOver, fill, isTypedArray, numbersOf } from '../tensors/tensor.ts';
import type { Codec } from './codec.ts';
import type { Int64 } from './dtype-types.ts';

/** The range of each integer type. */
const RANGES: Partial<Record<ElementType, readonly [bigint, bigint]>> = {
  i8: [-0x80n, 0x7fn],
  i16: [-0x8000n, 0x7fffn],
  i32: [-0x80000000n, 0x7fffffffn],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u8: [0n, 0xffn],
  u16: [0n, 0xffffn],
  u32: [0n, 0xffffffffn],
  u64: [0n, 2n ** 64n - 1n],
};

/** Numbers of one type, little-endian, whose typed array the runtime has. */
export class ScalarCodec implements Codec {
  readonly size: number;
  readonly #element: ElementInfo;
  readonly #asNumber: boolean;
  /** One element, and its bytes: the platform's byte order is that of the format. */
  readonly #one: TypedArray;
  readonly #bytes: Uint8Array;
  readonly #check: (value: unknown) => number | bigint;

  constructor(element: ElementInfo, int64: Int64) {
    this.#element = element;
    this.size = element.size;
    this.#asNumber = int64 === 'number' && is64(element.type);
    this.#one = new element.array(1);
    this.#bytes = new Uint8Array(this.#one.buffer);
    this.#check = checkerOf(element.type);
  }

  encode(value: unknown): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.size);
    this.encodeInto(value, bytes, 0);
    return bytes;
  }

  encodeInto(value: unknown, target: Buffer, offset: number): void {
    this.#one[0] = this.#check(value);
    for (let index = 0; index < this.size; index++) target[offset + index] = this.#bytes[index] as number;
  }

  decode(bytes: Buffer, start: number): number | bigint {
    for (let index = 0; index < this.size; index++) this.#bytes[index] = bytes[start + index] as number;
    const value = this.#one[0] as number | bigint;
    return this.#asNumber ? safeNumber(value as bigint) : value;
  }

  encodeBlock(values: unknown): Buffer | undefined {
    return encodedArray(values, this.#element);
  }

  decodeBlock(bytes: Buffer, count: number): TypedArray {
    const copy = unfilled(count * this.size);
    fill(copy, bytes.subarray(0, count * this.size));
    const block = arrayOver(this.#element, copy);
    return this.#asNumber ? Float64Array.from(block as BigInt64Array, safeNumber) : block;
  }
}

/** Returns the bytes of a typed array or a tensor as elements of a type; undefined for everything else. */
export function encodedArray(values: unknown, element: ElementInfo): Buffer | undefined {
  const isTensor = typeof values === 'object' && values !== null && 'data' in values;
  if (!isTypedArray(values) && !isTensor) return undefined;
  const bytes = bytesAs(numbersOf(values, element), element);
  const copy = unfilled(bytes.length);
  fill(copy, bytes);
  return copy;
}

export function is64(type: ElementType): boolean {
  return type === 'i64' || type === 'u64';
}

function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new EncodeError(`${value} is not a safe integer and cannot be returned as a number; use int64: 'bigint'`);
  }
  return number;
}

/** Returns a function that checks a value and converts it to what the typed array of this element type accepts. */
function checkerOf(type: ElementType): (value: unknown) => number | bigint {
  const range = RANGES[type];
  if (!range) return type === 'f32' ? checkFloat32 : type === 'f16' ? checkFloat16 : checkFloat64;
  const [least, most] = range;
  const refuse = (value: unknown) =>
    new EncodeError(`${describe(value)} does not fit ${type}; expected a whole number from ${least} to ${most}`);
  if (is64(type)) {
    return (value) => {
      const wide = typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value as number) : undefined;
      if (wide === undefined || wide < least || wide > most) throw refuse(value);
      return wide;
    };
  }
  const [low, high] = [Number(least), Number(most)];
  return (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (!Number.isInteger(number) || (number as number) < low || (number as number) > high) throw refuse(value);
    return number as number;
  };
}

function checkFloat64(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'bigint') throw new EncodeError(`${describe(value)} is not an f64; expected a number`);
  const number = Number(value);
  // A bigint beyond the largest double converts to an infinity.
  if (Number.isFinite(number) && BigInt(number) === value) return number;
  throw new EncodeError(
    `${describe(value)} has no equal double; expected a number, or a bigint that a double represents exactly`,
  );
}

function checkFloat32(value: unknown): number {
  const number = checkFloat64(value);
  if (!Number.isFinite(Math.fround(number)) && Number.isFinite(number)) {
    throw new EncodeError(`${number} is beyond the largest f32, 3.4028235e38; use f64`);
  }
  return number;
}

export function checkFloat16(value: unknown): number {
  const number = checkFloat64(value);
  // From here on, the nearest 16-bit float is infinite.
  if (Math.abs(number) >= 65_520 && Number.isFinite(number)) {
    throw new EncodeError(`${number} is beyond the largest f16, 65504; use f32`);
  }
  return number;
}
