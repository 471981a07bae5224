import { arrayLength } from '../../elements/memory.ts';
import { EncodeError } from '../../errors/encode-error.ts';
import { ByteWriter, DEEPEST } from '../byte-writer.ts';
import { isPlainObject } from '../plain-object.ts';
import { refuseSymbolKeys } from '../symbol-keys.ts';
import { unsupported } from '../unsupported.ts';

const { hasOwnProperty: hasOwn } = Object.prototype;

/**
 * The level from which the keys of objects are listed and counted first. Above it, an object of more than 15 properties
 * moves its bytes when they are counted; each level may move those of the levels below.
 */
const LISTED = 16;
const TWO_32 = 4_294_967_296;
const LONGEST = TWO_32 - 1;
const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;

/**
 * Writes MessagePack as the Python package reads it: integers in their shortest form, also beyond 32 bits, every other
 * number as a double, keys in their order. A subclass may support more kinds of objects (`writeOther`).
 */
export class MessagePackWriter extends ByteWriter {
  #depth = 0;

  encode(value: unknown): Buffer {
    this.begin();
    try {
      this.write(value);
    } catch (error) {
      throw this.lost(error);
    }
    return this.finish();
  }

  protected override begin(): void {
    super.begin();
    this.#depth = 0;
  }

  protected write(value: unknown): void {
    if (typeof value === 'number') this.writeNumber(value);
    else if (typeof value === 'string') this.writeString(value);
    else if (typeof value === 'object') this.#writeObject(value);
    else if (typeof value === 'boolean') this.#writeByte(value ? 0xc3 : 0xc2);
    else if (typeof value === 'bigint') this.writeBigInt(value);
    else this.writeOther(value);
  }

  #writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.position++] = byte;
  }

  #writeObject(value: object | null): void {
    if (value === null) {
      this.#writeByte(0xc0);
      return;
    }
    if (++this.#depth > DEEPEST) {
      throw new EncodeError(`the value is nested more than ${DEEPEST} deep, or contains itself`);
    }
    if (Array.isArray(value)) {
      this.writeArray(value);
    } else {
      if (isPlainObject(value)) this.writeEntries(value);
      else this.writeOther(value);
    }
    this.#depth--;
  }

  /** Writes a value that is not plain JSON data: undefined, a function, an instance of a class. */
  protected writeOther(value: unknown): void {
    throw unsupported(value, 'MessagePack');
  }

  protected writeArray(array: readonly unknown[]): void {
    // Read once: a getter inside may change the length after the header is written.
    const length = arrayLength(array);
    this.writeLength(length, 0x90, 0xdc);
    let index = 0;
    try {
      for (; index < length; index++) this.write(array[index]);
    } catch (error) {
      throw EncodeError.within(error, index);
    }
  }

  protected writeEntries(object: Record<string, unknown>): void {
    refuseSymbolKeys(object);
    if (this.#depth > LISTED) {
      this.#writeListed(object);
      return;
    }
    this.reserve(5);
    const at = this.position++;
    let count = 0;
    let last = '';
    try {
      // V8 knows the place of each property while it enumerates them, so this is faster than a list of the keys.
      for (const key in object) {
        if (!hasOwn.call(object, key)) continue;
        last = key;
        this.writeString(key);
        this.write(object[key]);
        count++;
      }
    } catch (error) {
      throw EncodeError.within(error, last);
    }
    if (count < 16) this.bytes[at] = 0x80 | count;
    else this.#widen(at, count);
  }

  /** Writes the header of an object whose properties take more than one byte to count. */
  #widen(at: number, count: number): void {
    const size = count < 0x10000 ? 3 : 5;
    this.reserve(size - 1);
    const end = this.position;
    this.bytes.copyWithin(at + size, at + 1, end);
    this.position = at;
    this.writeLength(count, 0x80, 0xde);
    this.position = end + size - 1;
  }

  #writeListed(object: Record<string, unknown>): void {
    const keys = Object.keys(object);
    this.writeLength(keys.length, 0x80, 0xde);
    let index = 0;
    try {
      for (; index < keys.length; index++) {
        const key = keys[index] as string;
        this.writeString(key);
        this.write(object[key]);
      }
    } catch (error) {
      throw EncodeError.within(error, keys[index] as string);
    }
  }

  /** Writes the header of an array or map: one byte for lengths below 16, otherwise with 16 or 32 bits. */
  protected writeLength(length: number, short: number, long: number): void {
    this.reserve(5);
    const { bytes } = this;
    if (length < 16) {
      bytes[this.position++] = short | length;
    } else if (length < 0x10000) {
      bytes[this.position++] = long;
      this.view.setUint16(this.position, length);
      this.position += 2;
    } else {
      bytes[this.position++] = long + 1;
      this.view.setUint32(this.position, length);
      this.position += 4;
    }
  }

  protected writeString(text: string): void {
    const { length } = text;
    if (length >= 32) {
      this.#writeText(text);
      return;
    }
    if (this.position + 32 > this.bytes.length) this.reserve(32);
    const { bytes, position } = this;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) {
        this.#writeText(text);
        return;
      }
      bytes[position + 1 + index] = unit;
    }
    bytes[position] = 0xa0 | length;
    this.position = position + 1 + length;
  }

  #writeText(text: string): void {
    const { length } = text;
    this.reserve(length * 3 + 5);
    // The size of the header depends on the number of bytes, which is known afterwards. It is guessed and corrected.
    const guess = headerSize(length);
    const start = this.position;
    const count = this.utf8At(text, start + guess);
    const size = headerSize(count);
    const { bytes } = this;
    if (size !== guess) bytes.copyWithin(start + size, start + guess, start + guess + count);
    if (size === 1) {
      bytes[start] = 0xa0 | count;
    } else if (size === 2) {
      bytes[start] = 0xd9;
      bytes[start + 1] = count;
    } else if (size === 3) {
      bytes[start] = 0xda;
      this.view.setUint16(start + 1, count);
    } else {
      bytes[start] = 0xdb;
      this.view.setUint32(start + 1, count);
    }
    this.position = start + size + count;
  }

  protected writeNumber(value: number): void {
    if (this.position + 9 > this.bytes.length) this.reserve(9);
    if (value >>> 0 === value && (value !== 0 || 1 / value > 0)) {
      // The common case: a 32-bit integer that is neither negative nor the negative zero.
      if (value < 0x80) this.bytes[this.position++] = value;
      else this.#writePositive(value);
    } else if (Math.floor(value) !== value || value === 0 || value >= TWO_64 || value < -TWO_63) {
      if (value - value !== 0) {
        this.writeNonFinite(value);
      } else {
        this.bytes[this.position] = 0xcb;
        this.view.setFloat64(this.position + 1, value);
        this.position += 9;
      }
    } else if (value > 0) {
      this.#writePositive(value);
    } else {
      this.#writeNegative(value);
    }
  }

  /** Writes NaN or an infinity. MessagePack has them; JSON and the Python package do not. */
  protected writeNonFinite(value: number): void {
    this.writeFloat64(value);
  }

  protected writeFloat64(value: number): void {
    this.reserve(9);
    this.bytes[this.position] = 0xcb;
    this.view.setFloat64(this.position + 1, value);
    this.position += 9;
  }

  #writePositive(value: number): void {
    const { bytes, view, position } = this;
    if (value < 0x80) {
      bytes[position] = value;
      this.position = position + 1;
    } else if (value < 0x100) {
      bytes[position] = 0xcc;
      bytes[position + 1] = value;
      this.position = position + 2;
    } else if (value < 0x10000) {
      bytes[position] = 0xcd;
      view.setUint16(position + 1, value);
      this.position = position + 3;
    } else if (value < TWO_32) {
      bytes[position] = 0xce;
      view.setUint32(position + 1, value);
      this.position = position + 5;
    } else {
      bytes[position] = 0xcf;
      view.setUint32(position + 1, Math.floor(value / TWO_32));
      view.setUint32(position + 5, value % TWO_32);
      this.position = position + 9;
    }
  }

  #writeNegative(value: number): void {
    const { bytes, view, position } = this;
    if (value >= -0x20) {
      bytes[position] = value & 0xff;
      this.position = position + 1;
    } else if (value >= -0x80) {
      bytes[position] = 0xd0;
      view.setInt8(position + 1, value);
      this.position = position + 2;
    } else if (value >= -0x8000) {
      bytes[position] = 0xd1;
      view.setInt16(position + 1, value);
      this.position = position + 3;
    } else if (value >= -0x80000000) {
      bytes[position] = 0xd2;
      view.setInt32(position + 1, value);
      this.position = position + 5;
    } else {
      bytes[position] = 0xd3;
      view.setBigInt64(position + 1, BigInt(value));
      this.position = position + 9;
    }
  }

  /** Writes a bigint of 64 bits in the form of a number of the same value. */
  protected writeBigInt(value: bigint): void {
    this.reserve(9);
    const number = Number(value);
    if (Number.isSafeInteger(number)) {
      if (number >= 0) this.#writePositive(number);
      else this.#writeNegative(number);
    } else if (BigInt.asUintN(64, value) === value) {
      this.bytes[this.position] = 0xcf;
      this.view.setBigUint64(this.position + 1, value);
      this.position += 9;
    } else if (BigInt.asIntN(64, value) === value) {
      this.bytes[this.position] = 0xd3;
      this.view.setBigInt64(this.position + 1, value);
      this.position += 9;
    } else {
      this.writeOther(value);
    }
  }

  /** Writes the header of an extension whose payload has `length` bytes. */
  protected writeExtension(type: number, length: number): void {
    checkPayload(length);
    this.reserve(6 + length);
    const { bytes, view, position } = this;
    const fixed = FIXED_EXTENSION[length];
    if (fixed !== undefined) {
      bytes[position] = fixed;
      bytes[position + 1] = type;
      this.position = position + 2;
    } else if (length < 0x100) {
      bytes[position] = 0xc7;
      bytes[position + 1] = length;
      bytes[position + 2] = type;
      this.position = position + 3;
    } else {
      bytes[position] = 0xc9;
      view.setUint32(position + 1, length);
      bytes[position + 5] = type;
      this.position = position + 6;
    }
  }
}

/** Throws if a length does not fit 32 bits. */
export function checkPayload(length: number): void {
  if (length <= LONGEST) return;
  throw new EncodeError(`${length} bytes are more than MessagePack can hold in one piece, 4 GiB`);
}

const FIXED_EXTENSION: Record<number, number> = { 1: 0xd4, 2: 0xd5, 4: 0xd6, 8: 0xd7, 16: 0xd8 };

function headerSize(count: number): number {
  return count < 32 ? 1 : count < 0x100 ? 2 : count < 0x10000 ? 3 : 5;
}
