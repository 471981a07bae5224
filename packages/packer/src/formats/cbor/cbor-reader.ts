import { DecodeError } from '../../errors/decode-error.ts';
import { DEEPEST } from '../byte-writer.ts';
import { define } from '../define.ts';
import { joined, keyAt, textAt } from '../text-reader.ts';

// The state of the current decoding. msgpack-reader.ts says why it is in the module.
let bytes: Buffer = Buffer.alloc(0);
let view: DataView | undefined;
let position = 0;
let end = 0;
let depth = 0;
/** Each element takes at least one byte, so all arrays together have at most as many elements as there are bytes. */
let elementsLeft = 0;

const EMPTY = bytes;
const BREAK = Symbol('break');
const BREAK_BYTE = 0xff;
/** Stands for a length that is not known: the elements end with a break. */
const INDEFINITE = -1;

/**
 * The bytes from which a DataView pays off: it reads numbers fastest, but creating it costs as much as a small value.
 */
const WORTH_A_VIEW = 256;
const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const single = new Float32Array(1);
const singleBytes = new Uint8Array(single.buffer);

/**
 * Decodes the CBOR value at the beginning of `source`; bytes behind it are ignored. Integers come back as numbers if
 * they are safe, otherwise as bigints; undefined comes back as null. Damaged bytes of any kind throw a `DecodeError`.
 */
export function decodeCbor(source: Buffer): unknown {
  bytes = source;
  view = source.length < WORTH_A_VIEW ? undefined : new DataView(source.buffer, source.byteOffset, source.length);
  position = 0;
  end = source.length;
  depth = 0;
  elementsLeft = end;
  try {
    const value = readValue();
    if (value === BREAK) throw new DecodeError('expected a value, found a break');
    return value;
  } finally {
    bytes = EMPTY;
    view = undefined;
  }
}

function readValue(): unknown {
  if (position >= end) throw truncated();
  const byte = bytes[position++] as number;
  if (byte === 0xfb) return readFloat64();
  const info = byte & 0x1f;
  switch (byte >> 5) {
    case 0:
      return info < 24 ? info : readArgument(info, false);
    case 1: {
      const argument = info < 24 ? info : readArgument(info, false);
      if (typeof argument === 'bigint') return -1n - argument;
      return argument === Number.MAX_SAFE_INTEGER ? -1n - BigInt(argument) : -1 - argument;
    }
    case 2:
      return readBytes(readLength(info));
    case 3:
      return readText(readLength(info));
    case 4:
      return readArray(readLength(info));
    case 5:
      return readObject(readLength(info));
    case 6:
      return readTagged(readArgument(info, false));
    default:
      return readSimple(info);
  }
}

function readArgument(info: number, mayBeIndefinite: boolean): number | bigint {
  if (info < 24) return info;
  const at = position;
  switch (info) {
    case 24:
      advance(1);
      return bytes[at] as number;
    case 25:
      advance(2);
      return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    case 26:
      advance(4);
      return uint32At(at);
    case 27: {
      advance(8);
      const value = uint32At(at) * 0x100000000 + uint32At(at + 4);
      return Number.isSafeInteger(value) ? value : bytes.readBigUInt64BE(at);
    }
    default:
      if (info === 31 && mayBeIndefinite) return INDEFINITE;
      throw new DecodeError(`the byte at ${position - 1} does not begin a CBOR value`);
  }
}

/** Reads a length in bytes or elements. A length beyond the remaining bytes is damage and must not allocate memory. */
function readLength(info: number): number {
  const length = readArgument(info, true);
  if (length > end - position) throw truncated();
  return length as number;
}

function readBytes(length: number): Buffer {
  if (length === INDEFINITE) return Buffer.concat(readChunks(2) as Buffer[]);
  const at = advance(length);
  return Buffer.from(bytes.subarray(at, at + length));
}

function readText(length: number): string {
  if (length === INDEFINITE) return joined(readChunks(3) as string[]);
  return textAt(bytes, advance(length), length);
}

/** Reads the chunks of an indefinite string. Chunks that are indefinite themselves are refused before they are read. */
function readChunks(major: number): unknown[] {
  const chunks: unknown[] = [];
  for (;;) {
    const byte = bytes[advance(1)] as number;
    if (byte === BREAK_BYTE) return chunks;
    if (byte >> 5 !== major || (byte & 0x1f) === 31)
      throw new DecodeError('a chunk of an indefinite string has another type');
    const length = readLength(byte & 0x1f);
    chunks.push(major === 2 ? readBytes(length) : readText(length));
  }
}

function readArray(length: number): unknown[] {
  descend();
  if (length !== INDEFINITE) {
    elementsLeft -= length;
    if (elementsLeft < 0) throw truncated();
  }
  const values: unknown[] = length === INDEFINITE ? [] : new Array(length);
  for (let index = readDoubles(length, values); index !== length; index++) {
    const value = readValue();
    if (value === BREAK) {
      if (length === INDEFINITE) break;
      throw new DecodeError('expected a value, found a break');
    }
    values[index] = value;
  }
  depth--;
  return values;
}

/** Reads the doubles with which an array begins, without a boxed number for each. Returns how many there are. */
function readDoubles(length: number, into: unknown[]): number {
  // Constants, which V8 need not load again for each double.
  const [source, numbers, stop] = [bytes, view, end - 9];
  if (numbers === undefined || source[position] !== 0xfb) return 0;
  let at = position;
  let index = 0;
  for (; index < length && at <= stop && source[at] === 0xfb; index++, at += 9)
    into[index] = numbers.getFloat64(at + 1);
  position = at;
  return index;
}

function readObject(length: number): Record<string, unknown> {
  descend();
  const object: Record<string, unknown> = {};
  for (let index = 0; index !== length; index++) {
    const key = readKey();
    if (key === BREAK) {
      if (length === INDEFINITE) break;
      throw new DecodeError('expected a key, found a break');
    }
    const value = readValue();
    if (value === BREAK) throw new DecodeError('expected a value, found a break');
    if (key === '__proto__') define(object, key, value);
    else object[key as string] = value;
  }
  depth--;
  return object;
}

function readKey(): string | typeof BREAK {
  const byte = bytes[position] as number;
  if (byte >= 0x60 && byte < 0x78 && position < end) {
    position++;
    const length = byte & 0x1f;
    return keyAt(bytes, advance(length), length);
  }
  const key = readValue();
  if (typeof key === 'string' || key === BREAK) return key as string;
  throw new DecodeError(`the map has a key that is not a string, before byte ${position}`);
}

/** Reads a tagged value. Tags 2 and 3 are integers of any size; others are not supported. */
function readTagged(tag: number | bigint): unknown {
  descend();
  const value = readValue();
  depth--;
  if ((tag === 2 || tag === 3) && Buffer.isBuffer(value)) {
    return bigintOf(value, tag === 3);
  }
  throw new DecodeError(`the CBOR tag ${tag} is not supported in plain data`);
}

function bigintOf(bytes: Buffer, isNegative: boolean): bigint {
  try {
    const magnitude = bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
    return isNegative ? -1n - magnitude : magnitude;
  } catch (cause) {
    throw new DecodeError(`an integer of ${bytes.length} bytes is larger than this runtime supports`, { cause });
  }
}

function readSimple(info: number): unknown {
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
    case 23:
      return null;
    case 25:
      return halfAt(advance(2));
    case 26: {
      const at = advance(4);
      for (let index = 0; index < 4; index++) singleBytes[3 - index] = bytes[at + index] as number;
      return single[0];
    }
    case 31:
      return BREAK;
    default:
      throw new DecodeError(`the simple value at byte ${position - 1} is not supported in plain data`);
  }
}

function readFloat64(): number {
  const at = position;
  position += 8;
  if (position > end) throw truncated();
  if (view !== undefined) return view.getFloat64(at);
  for (let index = 0; index < 8; index++) floatBytes[7 - index] = bytes[at + index] as number;
  return float[0] as number;
}

function halfAt(at: number): number {
  const bits = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function uint32At(at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 +
    (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}

function advance(count: number): number {
  const at = position;
  position = at + count;
  if (position > end) throw truncated();
  return at;
}

function descend(): void {
  if (++depth > DEEPEST) throw new DecodeError(`the value is nested more than ${DEEPEST} deep`);
}

function truncated(): DecodeError {
  return new DecodeError('the bytes end in the middle of a value');
}
