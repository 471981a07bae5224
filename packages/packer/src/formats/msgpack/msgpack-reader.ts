import { Malformed } from '../../errors/codec-errors.ts';
import { DEEPEST } from '../byte-writer.ts';
import { define } from '../define.ts';
import { keyAt, textAt } from '../text-reader.ts';

/** Reads an extension's payload, from `readValue` or `readBytes` of this module. */
export type ExtensionReader = (type: number, length: number) => unknown;

/** What is known about the writer of some MessagePack beyond the format itself. */
export interface Dialect {
  /** It had no integers but numbers, so that those beyond the safe ones are numbers too, not bigints. */
  readonly numbersOnly?: boolean;
  /** It may refer to what came before: every array, object and byte string is added here as it begins. */
  readonly references?: unknown[];
}

// The state of the one decoding that runs. It lives in the module and not in an object because V8 reaches it with fewer
// checks, which is worth a third of the time; no code of a caller runs in between, so there is never a second one.
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

/** A DataView reads numbers fastest, but to make one costs as much as decoding a small value does. */
const WORTH_A_VIEW = 256;
const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/**
 * Decodes the MessagePack value that `source` begins with; bytes after it are ignored. Integers come back as numbers when
 * safe, as bigints otherwise. Damaged bytes end in `Malformed`, whatever they are.
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

/** The next value; for extensions whose payload is MessagePack again. */
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
      throw new Malformed(`the byte 193 at ${position - 1} begins no MessagePack value`);
    default:
      // 0xd4 to 0xd8: extensions of 1, 2, 4, 8 and 16 bytes.
      return readExtension(1 << (byte - 0xd4));
  }
}

/** Fills `into` with so many elements; an extension may have made it before, so that its elements can refer to it. */
export function readArray<A extends unknown[]>(length: number, into: A): A {
  deeper();
  if (references !== undefined) references.push(into);
  for (let index = 0; index < length; index++) into[index] = readValue();
  depth--;
  return into;
}

function readLongArray(length: number): unknown[] {
  // Each element takes a byte at least, so all arrays together cannot hold more than there are bytes: lengths beyond that
  // are damage, and must not allocate.
  elementsLeft -= length;
  if (position + length > end || elementsLeft < 0) throw truncated();
  return readArray(length, new Array(length));
}

/** Fills `into` with so many properties. */
export function readObject(length: number, into: Record<string, unknown>): Record<string, unknown> {
  if (position + length * 2 > end) throw truncated();
  deeper();
  if (references !== undefined) references.push(into);
  for (let index = 0; index < length; index++) {
    const key = readKey();
    if (key === '__proto__') define(into, key, readValue());
    else into[key] = readValue();
  }
  depth--;
  return into;
}

/** So many bytes, in memory of their own. */
export function readBytes(length: number): Buffer {
  const at = take(length);
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
  throw new Malformed(`a map has a key that is no string, before byte ${position}`);
}

function readText(length: number): string {
  return textAt(bytes, take(length), length);
}

function readUint8(): number {
  return bytes[take(1)] as number;
}

function readUint16(): number {
  const at = take(2);
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readUint32(): number {
  return uint32At(take(4));
}

function uint32At(at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 +
    (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}

/** By way of the platform's own order, which is little-endian wherever Node runs. */
function float64At(at: number): number {
  for (let index = 0; index < 8; index++) floatBytes[7 - index] = bytes[at + index] as number;
  return float[0] as number;
}

function readUint64(): number | bigint {
  const at = take(8);
  const value = uint32At(at) * 0x100000000 + uint32At(at + 4);
  return numbersOnly || Number.isSafeInteger(value) ? value : bytes.readBigUInt64BE(at);
}

function readInt64(): number | bigint {
  const at = take(8);
  const value = (uint32At(at) | 0) * 0x100000000 + uint32At(at + 4);
  return numbersOnly || Number.isSafeInteger(value) ? value : bytes.readBigInt64BE(at);
}

function readFloat32(): number {
  return bytes.readFloatBE(take(4));
}

function readExtension(length: number): unknown {
  const type = bytes[take(1)] as number;
  const stop = position + length;
  if (stop > end) throw truncated();
  // One level more than `deeper` allows: what lies deepest may be an extension that holds nothing.
  if (++depth > DEEPEST + 1) throw tooDeep();
  const value = extension(type, length);
  if (position !== stop) throw new Malformed(`an extension of type ${type} is not as long as it says, at byte ${stop}`);
  depth--;
  return value;
}

function refuseExtension(type: number): never {
  throw new Malformed(`extension type ${type} is not one that plain MessagePack has`);
}

/** Moves past so many bytes and returns where they begin. */
function take(count: number): number {
  const at = position;
  position = at + count;
  if (position > end) throw truncated();
  return at;
}

function deeper(): void {
  if (++depth > DEEPEST) throw tooDeep();
}

function tooDeep(): Malformed {
  return new Malformed(`the value is nested more than ${DEEPEST} deep`);
}

function truncated(): Malformed {
  return new Malformed('the bytes end in the middle of a value');
}
