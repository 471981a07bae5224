import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { asBuffer, disguised, isPlainBuffer, isUint8Array } from '../elements/memory.ts';

/**
 * The length of a header, which precedes the payload of a stored value (docs/format.md):
 *
 *     0  89 4B     magic
 *     2  01        version
 *     3  id        the encoding of the payload
 *     4  flags     bits 0-1 reserved by the Python package, bits 2-7 the kind
 *     5  00 00 00  reserved
 *     8  56 4B     closing magic
 *    10            payload
 */
export const HEADER_LENGTH = 10;

/** The ids of the encodings. Those from 0x20 on are ours; the Python package refuses them with a clear error. */
export const Encoding = {
  raw: 0x00,
  pickle: 0x01,
  packed: 0x02,
  json: 0x03,
  msgpack: 0x04,
  cbor: 0x05,
  utf8: 0x06,
  structured: 0x20,
  /** A value too long for one SQLite BLOB: the payload locates its parts, which only KVault can put together. */
  manifest: 0x21,
} as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

/** Whether each byte is the id of an encoding. */
const KNOWN = new Uint8Array(256);
for (const id of Object.values(Encoding)) KNOWN[id] = 1;

/** What the payload was in JavaScript, if the encoding alone does not determine it. The Python package ignores it. */
export const Kind = {
  /** Not specified: Python wrote the value, or the encoding determines it. */
  unsaid: 0,
  /** Every integer in the payload was a number. */
  numbers: 1,
  /** Every integer in the payload was a bigint. */
  bigints: 2,
  /** The eight bytes are a double. */
  double: 3,
  typedArray: 4,
  clampedArray: 5,
  tensor: 6,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The encodings whose values are objects, which can take many times the memory of their bytes. */
const OBJECTS: ReadonlySet<number> = new Set([
  Encoding.pickle,
  Encoding.json,
  Encoding.msgpack,
  Encoding.cbor,
  Encoding.structured,
]);

/** Whether stored bytes are decoded into objects. */
export function becomesObjects(stored: Buffer): boolean {
  return hasHeader(stored) && OBJECTS.has(stored[3] as number);
}

const KINDS = new Set<number>(Object.values(Kind));

/** Writes a header to `target`, by default at its beginning. */
export function writeHeader(target: Buffer, id: Encoding, kind: Kind, at = 0): void {
  target[at] = 0x89;
  target[at + 1] = 0x4b;
  target[at + 2] = 1;
  target[at + 3] = id;
  target[at + 4] = kind << 2;
  target[at + 5] = 0;
  target[at + 6] = 0;
  target[at + 7] = 0;
  target[at + 8] = 0x56;
  target[at + 9] = 0x4b;
}

/** Returns the header of an encoding and a kind. */
export function header(id: Encoding, kind: Kind = Kind.unsaid): Buffer {
  if (typeof id !== 'number' || KNOWN[id] !== 1) {
    throw new InvalidArgument(`header: ${describe(id)} is not the id of an encoding; expected a member of Encoding`);
  }
  if (!KINDS.has(kind)) throw new InvalidArgument(`header: ${describe(kind)} is not a kind; expected a member of Kind`);
  const bytes = Buffer.allocUnsafe(HEADER_LENGTH);
  writeHeader(bytes, id, kind);
  return bytes;
}

/** Whether bytes begin with the magic of a header. */
export function beginsLikeHeader(bytes: Uint8Array): boolean {
  if (!isUint8Array(bytes)) throw wrongBytes('beginsLikeHeader', bytes);
  return bytes[0] === 0x89 && bytes[1] === 0x4b;
}

/** A header that was read, with the payload behind it. */
export interface StoredHeader {
  readonly id: Encoding;
  readonly flags: number;
  /** Shares the memory of the stored bytes. */
  readonly payload: Buffer;
}

/**
 * Reads the header of stored bytes; returns undefined if they have none. Bytes with an unknown version or id have none:
 * the Python package stores any bytes as they are, even if they begin like a header.
 */
export function readHeader(stored: Uint8Array): StoredHeader | undefined {
  const bytes = storedBytes('readHeader', stored);
  try {
    return hasHeader(bytes) ? headerOf(bytes) : undefined;
  } catch (error) {
    const hidden = disguised(error, bytes);
    throw hidden ? new InvalidArgument(`readHeader: ${hidden.message}`, { cause: error }) : error;
  }
}

/** Returns the bytes that a caller gave as an ordinary Buffer. */
export function storedBytes(method: string, stored: Uint8Array): Buffer {
  return isPlainBuffer(stored) ? stored : otherBytes(method, stored);
}

function otherBytes(method: string, stored: Uint8Array): Buffer {
  if (!isUint8Array(stored)) throw wrongBytes(method, stored);
  try {
    return asBuffer(stored);
  } catch (error) {
    throw new InvalidArgument(`${method}: ${(error as Error).message}`);
  }
}

function wrongBytes(method: string, given: unknown): InvalidArgument {
  return new InvalidArgument(`${method}: the bytes are ${describe(given)}; expected a Buffer or a Uint8Array`);
}

/**
 * Refuses options that are not an object. Single options are not checked, since that would cost time for every value.
 */
export function noOptions(method: string, options: unknown): InvalidArgument {
  return new InvalidArgument(`${method}: the options are ${describe(options)}; expected an object`);
}

/** Whether an ordinary Buffer begins with a header. */
export function hasHeader(stored: Buffer): boolean {
  return (
    stored.length >= HEADER_LENGTH &&
    stored[0] === 0x89 &&
    stored[1] === 0x4b &&
    stored[2] === 1 &&
    stored[5] === 0 &&
    stored[6] === 0 &&
    stored[7] === 0 &&
    stored[8] === 0x56 &&
    stored[9] === 0x4b &&
    KNOWN[stored[3] as number] === 1
  );
}

/** Reads the header of an ordinary Buffer that has one. */
export function headerOf(stored: Buffer): StoredHeader {
  const payload = Buffer.from(stored.buffer, stored.byteOffset + HEADER_LENGTH, stored.length - HEADER_LENGTH);
  return { id: stored[3] as Encoding, flags: stored[4] as number, payload };
}
