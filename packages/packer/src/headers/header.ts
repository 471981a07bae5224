import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { bytesOf, disguised, isPlainBuffer, isUint8Array } from '../elements/memory.ts';

/**
 * What stands before the payload of a stored value (docs/format.md):
 *
 *     0  89 4B     magic
 *     2  01        version
 *     3  id        how the payload is encoded
 *     4  flags     bits 0-1 reserved by the Python package, bits 2-7 the kind
 *     5  00 00 00  reserved
 *     8  56 4B     closing magic
 *    10            payload
 */
export const HEADER_LENGTH = 10;

/** Encoding ids. Those from 0x20 on are ours; the Python package refuses them with a clear error. */
export const Encoding = {
  raw: 0x00,
  pickle: 0x01,
  packed: 0x02,
  json: 0x03,
  msgpack: 0x04,
  cbor: 0x05,
  utf8: 0x06,
  structured: 0x20,
  /** A value too long for one SQLite BLOB: the payload lists its parts, which only KVault can put together. */
  manifest: 0x21,
} as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

const KNOWN = new Set<number>(Object.values(Encoding));

/** What the payload was in JavaScript, where its encoding alone does not tell. The Python package ignores it. */
export const Kind = {
  /** Nothing is said: Python wrote it, or the encoding tells all. */
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

const KINDS = new Set<number>(Object.values(Kind));

/** Writes a header at the beginning of `target`. */
export function writeHeader(target: Buffer, id: Encoding, kind: Kind): void {
  target[0] = 0x89;
  target[1] = 0x4b;
  target[2] = 1;
  target[3] = id;
  target[4] = kind << 2;
  target[5] = 0;
  target[6] = 0;
  target[7] = 0;
  target[8] = 0x56;
  target[9] = 0x4b;
}

export function header(id: Encoding, kind: Kind = Kind.unsaid): Buffer {
  if (!KNOWN.has(id)) throw new InvalidArgument(`header: ${describe(id)} is the id of no encoding`);
  if (!KINDS.has(kind)) throw new InvalidArgument(`header: ${describe(kind)} is no kind; expected one of Kind`);
  const bytes = Buffer.allocUnsafe(HEADER_LENGTH);
  writeHeader(bytes, id, kind);
  return bytes;
}

export function beginsLikeHeader(bytes: Uint8Array): boolean {
  if (!isUint8Array(bytes)) throw wrongBytes('beginsLikeHeader', bytes);
  return bytes[0] === 0x89 && bytes[1] === 0x4b;
}

export interface StoredHeader {
  readonly id: Encoding;
  readonly flags: number;
  /** Shares the memory of what it was read from. */
  readonly payload: Buffer;
}

/**
 * The header that stored bytes begin with, or undefined where they have none. An unknown version or id is no header: the
 * Python package stores bytes as they are even when they begin like one, so they have to be taken for what they say.
 */
export function readHeader(stored: Uint8Array): StoredHeader | undefined {
  const bytes = storedBytes('readHeader', stored);
  try {
    return headerOf(bytes);
  } catch (error) {
    const hidden = disguised(error, bytes);
    throw hidden ? new InvalidArgument(`readHeader: ${hidden.message}`, { cause: error }) : error;
  }
}

/** Stored bytes as a caller gives them. */
export function storedBytes(method: string, stored: Uint8Array): Buffer {
  return isPlainBuffer(stored) ? stored : otherBytes(method, stored);
}

function otherBytes(method: string, stored: Uint8Array): Buffer {
  if (!isUint8Array(stored)) throw wrongBytes(method, stored);
  try {
    return bytesOf(stored);
  } catch (error) {
    throw new InvalidArgument(`${method}: ${(error as Error).message}`);
  }
}

function wrongBytes(method: string, given: unknown): InvalidArgument {
  return new InvalidArgument(`${method}: the bytes are ${describe(given)}; expected a Buffer or a Uint8Array`);
}

/** Options are looked at for every value, so only what cannot be looked at is refused. */
export function noOptions(method: string, options: unknown): InvalidArgument {
  return new InvalidArgument(`${method}: options are ${describe(options)}; expected an object`);
}

export function headerOf(stored: Buffer): StoredHeader | undefined {
  if (
    stored.length < HEADER_LENGTH ||
    stored[0] !== 0x89 ||
    stored[1] !== 0x4b ||
    stored[2] !== 1 ||
    stored[5] !== 0 ||
    stored[6] !== 0 ||
    stored[7] !== 0 ||
    stored[8] !== 0x56 ||
    stored[9] !== 0x4b
  ) {
    return undefined;
  }
  const id = stored[3] as number;
  if (!KNOWN.has(id)) return undefined;
  const payload = Buffer.from(stored.buffer, stored.byteOffset + HEADER_LENGTH, stored.length - HEADER_LENGTH);
  return { id: id as Encoding, flags: stored[4] as number, payload };
}
