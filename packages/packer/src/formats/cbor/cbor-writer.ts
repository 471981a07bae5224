import { arrayLength } from '../../elements/memory.ts';
import { EncodeError } from '../../errors/encode-error.ts';
import { ByteWriter, DEEPEST } from '../byte-writer.ts';
import type { SeenIntegers } from '../integers.ts';
import { isPlainObject } from '../plain-object.ts';
import { refuseSymbolKeys } from '../symbol-keys.ts';
import { unsupported } from '../unsupported.ts';

const { hasOwnProperty: hasOwn } = Object.prototype;

/** The level from which the keys of objects are listed and counted first; msgpack-writer.ts says why. */
const LISTED = 16;
const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;

/**
 * Writes CBOR as the Python package reads it: integers and lengths in their shortest form, every other number in the
 * shortest float that represents it exactly, definite lengths, keys in their order.
 */
export class CborWriter extends ByteWriter {
  #depth = 0;
  readonly #integers: SeenIntegers | undefined;

  /** `integers` collects the types of the integers that are written. */
  constructor(integers?: SeenIntegers) {
    super();
    this.#integers = integers;
  }

  encode(value: unknown): Buffer {
    this.begin();
    this.#depth = 0;
    try {
      this.#write(value);
    } catch (error) {
      throw this.lost(error);
    }
    return this.finish();
  }

  #write(value: unknown): void {
    if (typeof value === 'number') this.#writeNumber(value);
    else if (typeof value === 'string') this.#writeString(value);
    else if (typeof value === 'object') this.#writeObject(value);
    else if (typeof value === 'boolean') this.#writeByte(value ? 0xf5 : 0xf4);
    else if (typeof value === 'bigint') this.#writeBigInt(value);
    else throw unsupported(value, 'CBOR');
  }

  #writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.position++] = byte;
  }

  #writeObject(value: object | null): void {
    if (value === null) {
      this.#writeByte(0xf6);
      return;
    }
    if (++this.#depth > DEEPEST) {
      throw new EncodeError(`the value is nested more than ${DEEPEST} deep, or contains itself`);
    }
    if (Array.isArray(value)) {
      this.#writeArray(value);
    } else {
      if (!isPlainObject(value)) throw unsupported(value, 'CBOR');
      this.#writeEntries(value);
    }
    this.#depth--;
  }

  #writeArray(array: readonly unknown[]): void {
    // Read once: a getter inside may change the length after the head is written.
    const length = arrayLength(array);
    this.#writeHead(0x80, length);
    let index = 0;
    try {
      for (; index < length; index++) this.#write(array[index]);
    } catch (error) {
      throw EncodeError.within(error, index);
    }
  }

  #writeEntries(object: Record<string, unknown>): void {
    refuseSymbolKeys(object);
    if (this.#depth > LISTED) {
      this.#writeListed(object);
      return;
    }
    this.reserve(9);
    const at = this.position++;
    let count = 0;
    let last = '';
    try {
      // V8 knows the place of each property while it enumerates them, so this is faster than a list of the keys.
      for (const key in object) {
        if (!hasOwn.call(object, key)) continue;
        last = key;
        this.#writeString(key);
        this.#write(object[key]);
        count++;
      }
    } catch (error) {
      throw EncodeError.within(error, last);
    }
    if (count < 24) this.bytes[at] = 0xa0 | count;
    else this.#widen(at, count);
  }

  /** Writes the head of an object whose properties take more than one byte to count. */
  #widen(at: number, count: number): void {
    const more = headSize(count) - 1;
    this.reserve(more);
    const end = this.position;
    this.bytes.copyWithin(at + 1 + more, at + 1, end);
    this.position = at;
    this.#writeHead(0xa0, count);
    this.position = end + more;
  }

  #writeListed(object: Record<string, unknown>): void {
    const keys = Object.keys(object);
    this.#writeHead(0xa0, keys.length);
    let index = 0;
    try {
      for (; index < keys.length; index++) {
        const key = keys[index] as string;
        this.#writeString(key);
        this.#write(object[key]);
      }
    } catch (error) {
      throw EncodeError.within(error, keys[index] as string);
    }
  }

  #writeString(text: string): void {
    const { length } = text;
    if (length >= 24) {
      this.#writeText(text);
      return;
    }
    if (this.position + 24 > this.bytes.length) this.reserve(24);
    const { bytes, position } = this;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) {
        this.#writeText(text);
        return;
      }
      bytes[position + 1 + index] = unit;
    }
    bytes[position] = 0x60 | length;
    this.position = position + 1 + length;
  }

  #writeText(text: string): void {
    this.reserve(text.length * 3 + 9);
    // The size of the head depends on the number of bytes, which is known afterwards. It is guessed and corrected.
    const guess = headSize(text.length);
    const start = this.position;
    const count = this.utf8At(text, start + guess);
    const size = headSize(count);
    if (size !== guess) this.bytes.copyWithin(start + size, start + guess, start + guess + count);
    this.#writeHead(0x60, count);
    this.position = start + size + count;
  }

  #writeNumber(value: number): void {
    if (this.#integers !== undefined) this.#integers.addNumber(value);
    if (value >>> 0 === value && (value !== 0 || 1 / value > 0)) {
      // A common case: a 32-bit integer that is neither negative nor the negative zero.
      this.#writeHead(0, value);
    } else if (Math.fround(value) !== value && Math.floor(value) !== value && !Number.isNaN(value)) {
      // The other: a double with a fraction that no shorter float has.
      if (this.position + 9 > this.bytes.length) this.reserve(9);
      this.bytes[this.position] = 0xfb;
      this.view.setFloat64(this.position + 1, value);
      this.position += 9;
    } else if (Math.floor(value) !== value || value === 0 || value >= TWO_64 || value < -TWO_63) {
      this.#writeFloat(value);
    } else if (value > 0) {
      this.#writeHead(0, value);
    } else if (value >= -Number.MAX_SAFE_INTEGER) {
      this.#writeHead(0x20, -1 - value);
    } else {
      this.#writeLarge(0x20, -1n - BigInt(value));
    }
  }

  /** Writes a major type and its argument in the shortest form. */
  #writeHead(major: number, argument: number): void {
    this.reserve(9);
    const { bytes, view, position } = this;
    if (argument < 24) {
      bytes[position] = major | argument;
      this.position = position + 1;
    } else if (argument < 0x100) {
      bytes[position] = major | 24;
      bytes[position + 1] = argument;
      this.position = position + 2;
    } else if (argument < 0x10000) {
      bytes[position] = major | 25;
      view.setUint16(position + 1, argument);
      this.position = position + 3;
    } else if (argument < 0x100000000) {
      bytes[position] = major | 26;
      view.setUint32(position + 1, argument);
      this.position = position + 5;
    } else {
      this.#writeLarge(major, BigInt(argument));
    }
  }

  #writeLarge(major: number, argument: bigint): void {
    this.reserve(9);
    this.bytes[this.position] = major | 27;
    this.view.setBigUint64(this.position + 1, argument);
    this.position += 9;
  }

  #writeBigInt(value: bigint): void {
    if (this.#integers !== undefined) this.#integers.bigints = true;
    const argument = value >= 0n ? value : -1n - value;
    const major = value >= 0n ? 0 : 0x20;
    if (argument <= 0xffffffffn) this.#writeHead(major, Number(argument));
    // The Python package reads negative integers of 64 bits, although CBOR has one bit more.
    else if (BigInt.asUintN(64, value) === value || BigInt.asIntN(64, value) === value)
      this.#writeLarge(major, argument);
    else throw unsupported(value, 'CBOR');
  }

  #writeFloat(value: number): void {
    if (this.position + 9 > this.bytes.length) this.reserve(9);
    const { bytes, view, position } = this;
    // Most doubles have no equal 32-bit float, and so no equal half-precision float.
    const isSingle = Math.fround(value) === value || Number.isNaN(value);
    const half = isSingle ? halfOf(value) : undefined;
    if (half !== undefined) {
      bytes[position] = 0xf9;
      view.setUint16(position + 1, half);
      this.position = position + 3;
    } else if (isSingle) {
      bytes[position] = 0xfa;
      view.setFloat32(position + 1, value);
      this.position = position + 5;
    } else {
      bytes[position] = 0xfb;
      view.setFloat64(position + 1, value);
      this.position = position + 9;
    }
  }
}

function headSize(count: number): number {
  return count < 24 ? 1 : count < 0x100 ? 2 : count < 0x10000 ? 3 : count < 0x100000000 ? 5 : 9;
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** Returns the bits of the half-precision float that equals a 32-bit float; undefined if there is none. */
function halfOf(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00;
  single[0] = value;
  const bits = singleBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00;
  if (exponent === 0 && fraction === 0) return sign;
  const power = exponent - 127;
  if (power > 15) return undefined;
  if (power >= -14) return fraction & 0x1fff ? undefined : sign | ((power + 15) << 10) | (fraction >>> 13);
  // Subnormal halves: the hidden bit becomes explicit and is shifted.
  const shift = -power - 1;
  if (shift > 23) return undefined;
  const whole = fraction | 0x800000;
  return whole & ((1 << shift) - 1) ? undefined : sign | (whole >>> shift);
}
