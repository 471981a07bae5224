import { DecodeError } from '../../errors/decode-error.ts';
import { DEEPEST } from '../byte-writer.ts';
import { define } from '../define.ts';
import { keyAt, textAt } from '../text-reader.ts';

/** Reads the payload of an extension by means of `readValue` and `readBytes` of this module. */
export type ExtensionReader = (type: number, length: number) => unknown;

/** What is known about the writer of the MessagePack to decode. */
export interface Dialect {
  /** It wrote only numbers, no bigints: integers that are not safe are decoded as numbers too. */
  readonly numbersOnly?: boolean;
  /** It wrote references to earlier objects: every array, object and byte string is added here when it begins. */
  readonly references?: unknown[];
}

// The state of the current decoding. It is in the module and not in an object, because V8 accesses it with fewer
// checks, which saves a third of the time. No code of a caller runs meanwhile, so there is never a second decoding.
let bytes: Buffer = Buffer.alloc(0);
let view: DataView | undefined;
let position = 0;
let end = 0;
let depth = 0;
let elementsLeft = 0;
let extension: ExtensionReader = refuseExtension;
let numbersOnly = false;
let references: unknown[] | undefined;

const EMPTY = bytes;
const PLAIN: Dialect = {};

/**
 * The bytes from which a DataView pays off: it reads numbers fastest, but creating it costs as much as a small value.
 */
const WORTH_A_VIEW = 256;
const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/**
 * Decodes the MessagePack value at the beginning of `source`; bytes behind it are ignored. Integers come back as
 * numbers if they are safe, otherwise as bigints. Damaged bytes of any kind throw a `DecodeError`.
 */
export function decodeMessagePack(
  source: Buffer,
  extensions: ExtensionReader = refuseExtension,
  dialect: Dialect = PLAIN,
): unknown {
  bytes = source;
  view = source.length < WORTH_A_VIEW ? undefined : new DataView(source.buffer, source.byteOffset, source.length);
  position = 0;
  end = source.length;
  depth = 0;
  elementsLeft = end;
  extension = extensions;
  numbersOnly = dialect.numbersOnly ?? false;
  references = dialect.references;
  try {
    return readValue();
  } finally {
    bytes = EMPTY;
    view = undefined;
    references = undefined;
  }
}

/** Reads the next value. Extensions whose payload is MessagePack call it. */
export function readValue(): unknown {
  if (position >= end) throw truncated();
  const byte = bytes[position++] as number;
  if (byte < 0x80) return byte;
  if (byte < 0x90) return readObject(byte & 0x0f, {});
  if (byte < 0xa0) return readArray(byte & 0x0f, new Array(byte & 0x0f));
  if (byte < 0xc0) return readText(byte & 0x1f);
  if (byte === 0xcb) {
    const at = position;
    position += 8;
    if (position > end) throw truncated();
    return view === undefined ? float64At(at) : view.getFloat64(at);
  }
  if (byte >= 0xe0) return byte - 0x100;
  switch (byte) {
    case 0xcd: {
      const at = position;
      position += 2;
      if (position > end) throw truncated();
      return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    }
    case 0xce: {
      const at = position;
      position += 4;
      if (position > end) throw truncated();
      return view === undefined ? uint32At(at) : view.getUint32(at);
    }
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xcc:
      return readUint8();
    case 0xcf:
      return readUint64();
    case 0xd0:
      return (readUint8() << 24) >> 24;
    case 0xd1:
      return (readUint16() << 16) >> 16;
    case 0xd2:
      return readUint32() | 0;
    case 0xd3:
      return readInt64();
    case 0xd9:
      return readText(readUint8());
    case 0xda:
      return readText(readUint16());
    case 0xdb:
      return readText(readUint32());
    case 0xdc:
      return readLongArray(readUint16());
    case 0xdd:
      return readLongArray(readUint32());
    case 0xde:
      return readObject(readUint16(), {});
    case 0xdf:
      return readObject(readUint32(), {});
    case 0xca:
      return readFloat32();
    case 0xc4:
      return readByteString(readUint8());
    case 0xc5:
      return readByteString(readUint16());
    case 0xc6:
      return readByteString(readUint32());
    case 0xc7:
      return readExtension(readUint8());
    case 0xc8:
      return readExtension(readUint16());
    case 0xc9:
      return readExtension(readUint32());
    case 0xc1:
      throw new DecodeError(`the byte 193 at ${position - 1} does not begin a MessagePack value`);
    default:
      // 0xd4 to 0xd8: extensions of 1, 2, 4, 8 and 16 bytes.
      return readExtension(1 << (byte - 0xd4));
  }
}

/** Reads `length` elements into `into`, which an extension may have created for references from its elements. */
export function readArray<A extends unknown[]>(length: number, into: A): A {
  descend();
  if (references !== undefined) references.push(into);
  for (let index = readDoubles(length, into); index < length; index++) into[index] = readValue();
  depth--;
  return into;
}

/** Reads the doubles with which an array begins, without a boxed number for each. Returns how many there are. */
function readDoubles(length: number, into: unknown[]): number {
  // Constants, which V8 need not load again for each double.
  const [source, numbers, stop] = [bytes, view, end - 9];
  if (numbers === undefined || source[position] !== 0xcb) return 0;
  let at = position;
  let index = 0;
  for (; index < length && at <= stop && source[at] === 0xcb; index++, at += 9)
    into[index] = numbers.getFloat64(at + 1);
  position = at;
  return index;
}

function readLongArray(length: number): unknown[] {
  // Each element takes at least one byte, so all arrays together have at most as many elements as there are bytes.
  // Greater lengths are damage and must not allocate memory.
  elementsLeft -= length;
  if (position + length > end || elementsLeft < 0) throw truncated();
  return readArray(length, new Array(length));
}

/** Reads `length` properties into `into`. */
export function readObject(length: number, into: Record<string, unknown>): Record<string, unknown> {
  if (position + length * 2 > end) throw truncated();
  descend();
  if (references !== undefined) references.push(into);
  for (let index = 0; index < length; index++) {
    const key = readKey();
    if (key === '__proto__') define(into, key, readValue());
    else into[key] = readValue();
  }
  depth--;
  return into;
}

/** Reads bytes and returns a copy. */
export function readBytes(length: number): Buffer {
  const at = advance(length);
  return Buffer.from(bytes.subarray(at, at + length));
}

function readByteString(length: number): Buffer {
  const value = readBytes(length);
  if (references !== undefined) references.push(value);
  return value;
}

function readKey(): string {
  const byte = bytes[position] as number;
  if (byte >= 0xa0 && byte < 0xc0) {
    const length = byte & 0x1f;
    const at = position + 1;
    position = at + length;
    if (position > end) throw truncated();
    return keyAt(bytes, at, length);
  }
  const key = readValue();
  if (typeof key === 'string') return key;
  throw new DecodeError(`the map has a key that is not a string, before byte ${position}`);
}

function readText(length: number): string {
  return textAt(bytes, advance(length), length);
}

function readUint8(): number {
  return bytes[advance(1)] as number;
}

function readUint16(): number {
  const at = advance(2);
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readUint32(): number {
  return uint32At(advance(4));
}

function uint32At(at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 +
    (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}

/** Reads a double without a DataView. The platform's byte order is little-endian wherever Node runs. */
function float64At(at: number): number {
  for (let index = 0; index < 8; index++) floatBytes[7 - index] = bytes[at + index] as number;
  return float[0] as number;
}

function readUint64(): number | bigint {
  const at = advance(8);
  const value = uint32At(at) * 0x100000000 + uint32At(at + 4);
  return numbersOnly || Number.isSafeInteger(value) ? value : bytes.readBigUInt64BE(at);
}

function readInt64(): number | bigint {
  const at = advance(8);
  const value = (uint32At(at) | 0) * 0x100000000 + uint32At(at + 4);
  return numbersOnly || Number.isSafeInteger(value) ? value : bytes.readBigInt64BE(at);
}

function readFloat32(): number {
  return bytes.readFloatBE(advance(4));
}

function readExtension(length: number): unknown {
  const type = bytes[advance(1)] as number;
  const stop = position + length;
  if (stop > end) throw truncated();
  // One level more than `descend` allows: the deepest value may be an extension without content.
  if (++depth > DEEPEST + 1) throw tooDeep();
  const value = extension(type, length);
  if (position !== stop) throw new DecodeError(`the length of an extension of type ${type} is wrong, at byte ${stop}`);
  depth--;
  return value;
}

function refuseExtension(type: number): never {
  throw new DecodeError(`extension type ${type} is not supported in plain MessagePack`);
}

/** Moves the position past `count` bytes and returns their start. */
function advance(count: number): number {
  const at = position;
  position = at + count;
  if (position > end) throw truncated();
  return at;
}

function descend(): void {
  if (++depth > DEEPEST) throw tooDeep();
}

function tooDeep(): DecodeError {
  return new DecodeError(`the value is nested more than ${DEEPEST} deep`);
}

function truncated(): DecodeError {
  return new DecodeError('the bytes end in the middle of a value');
}
