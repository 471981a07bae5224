import { DecodeError } from '../errors/decode-error.ts';
import { encodeJson } from '../formats/json/json-writer.ts';
import { MessagePackWriter } from '../formats/msgpack/msgpack-writer.ts';
import { Encoding, HEADER_LENGTH, Kind, writeHeader } from '../headers/header.ts';
import { readVector, type VectorValue } from '../tensors/vectors.ts';

/** The Python package reads eight bytes as an integer if its absolute value is below this, otherwise as a double. */
const PYTHON_INTEGERS = 1e12;
const TWO_32 = 4_294_967_296;

const messagePack = new MessagePackWriter();

/** The payload of a value that is neither bytes nor a structure, and what its header says. */
export interface Encoded {
  readonly id: Encoding;
  readonly kind: Kind;
  readonly payload: Buffer;
}

/** Encodes a number in the form that Python reads as an int or a float of the same value. */
export function encodeNumber(value: number, headers: boolean): Buffer {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    if (value > -PYTHON_INTEGERS && value < PYTHON_INTEGERS) {
      const at = headers ? HEADER_LENGTH : 0;
      const stored = Buffer.allocUnsafe(at + 8);
      if (headers) writeHeader(stored, Encoding.packed, Kind.numbers);
      stored.writeInt32LE(value | 0, at);
      stored.writeInt32LE(Math.floor(value / TWO_32), at + 4);
      return stored;
    }
  } else if (pythonTakesForDouble(value)) {
    const at = headers ? HEADER_LENGTH : 0;
    const stored = Buffer.allocUnsafe(at + 8);
    if (headers) writeHeader(stored, Encoding.packed, Kind.double);
    stored.writeDoubleLE(value, at);
    return stored;
  }
  return withHeader({ id: Encoding.msgpack, kind: Kind.numbers, payload: messagePack.encode(value) }, headers);
}

/**
 * Encodes a bigint: as MessagePack if it fits into 64 bits, otherwise as JSON, whose integers have any number of
 * digits.
 */
export function encodeBigInt(value: bigint, headers: boolean): Buffer {
  const fits = BigInt.asUintN(64, value) === value || BigInt.asIntN(64, value) === value;
  const encoded: Encoded = fits
    ? { id: Encoding.msgpack, kind: Kind.bigints, payload: messagePack.encode(value) }
    : { id: Encoding.json, kind: Kind.bigints, payload: encodeJson(value) };
  return withHeader(encoded, headers);
}

/**
 * By default, Python refuses to read an integer of more than 4,300 digits, because the time grows faster than the
 * length.
 */
const PYTHON_DIGITS = 10n ** 4_300n;

/** Whether Python cannot read a bigint. It is stored in a structure, in binary. */
export function isBeyondPython(value: bigint): boolean {
  return value >= PYTHON_DIGITS || value <= -PYTHON_DIGITS;
}

export function encodeConstant(value: boolean | null, headers: boolean): Buffer {
  return withHeader({ id: Encoding.msgpack, kind: Kind.unsaid, payload: messagePack.encode(value) }, headers);
}

/** Encodes a text. The caller has checked that UTF-8 can represent it. */
export function encodeString(text: string, headers: boolean): Buffer {
  const at = headers ? HEADER_LENGTH : 0;
  const stored = Buffer.allocUnsafe(at + Buffer.byteLength(text));
  if (headers) writeHeader(stored, Encoding.utf8, Kind.unsaid);
  stored.write(text, at);
  return stored;
}

export function withHeader({ id, kind, payload }: Encoded, headers: boolean): Buffer {
  if (!headers) return payload;
  const stored = Buffer.allocUnsafe(HEADER_LENGTH + payload.length);
  writeHeader(stored, id, kind);
  stored.set(payload, HEADER_LENGTH);
  return stored;
}

/** Whether the Python package, which guesses the type of eight bytes, reads them as this double. */
function pythonTakesForDouble(value: number): boolean {
  if (Number.isFinite(value) && Math.abs(value % 1) > 1e-9) return true;
  const bits = bitsOf(value);
  return bits >= 1_000_000_000_000n || (bits <= -1_000_000_000_000n && bits !== LEAST);
}

/**
 * The smallest 64-bit integer. It has no positive counterpart, and Python treats it as small. Its bits are those of -0.
 */
const LEAST = -(2n ** 63n);

const scratch = Buffer.alloc(8);

function bitsOf(value: number): bigint {
  scratch.writeDoubleLE(value);
  return scratch.readBigInt64LE();
}

/** Smaller doubles are not plausible as stored values: their bits are read as an integer. */
const LEAST_DOUBLE = 1e-200;

/** Guesses the type of eight bytes that Python wrote for an int, a float or a very small array, and decodes them. */
export function guessEightBytes(payload: Buffer): number | bigint | VectorValue {
  const bits = payload.readBigInt64LE();
  if (isSmallVector(payload)) return readVector(payload, Kind.unsaid);
  const double = payload.readDoubleLE();
  if (bits === LEAST) return -0;
  const integral = Number.isNaN(double)
    ? bits !== 0x7ff8000000000000n && bits !== BigInt.asIntN(64, 0xfff8000000000000n)
    : Math.abs(double) < LEAST_DOUBLE;
  if (!integral) return double;
  const number = Number(bits);
  return Number.isSafeInteger(number) ? number : bits;
}

/**
 * Whether eight bytes are a vector of two bytes or of one 16-bit element. One integer in 2^46 begins the same way;
 * below 2^48 the bytes are an integer.
 */
function isSmallVector(payload: Buffer): boolean {
  const code = payload[0];
  const count = code === 5 || code === 9 ? 2 : code === 6 || code === 10 ? 1 : 0;
  return (
    count !== 0 &&
    payload[1] === 1 &&
    payload[2] === count &&
    payload[3] === 0 &&
    payload[4] === 0 &&
    payload[5] === 0 &&
    (payload[6] !== 0 || payload[7] !== 0)
  );
}

/** Whether stored bytes that begin with a header are a number in eight bytes. */
export function isNumber(stored: Buffer): boolean {
  const kind = (stored[4] as number) >> 2;
  return (
    stored[3] === Encoding.packed &&
    stored.length === HEADER_LENGTH + 8 &&
    (kind === Kind.numbers || kind === Kind.double)
  );
}

const eightBytes = new Uint8Array(8);
const asDouble = new Float64Array(eightBytes.buffer);
const asInt32 = new Int32Array(eightBytes.buffer);
const asUint32 = new Uint32Array(eightBytes.buffer);

/** Decodes a number that is stored in eight bytes behind a header, in place: a Buffer over them would cost more. */
export function decodeNumber(stored: Buffer): number {
  for (let index = 0; index < 8; index++) eightBytes[index] = stored[HEADER_LENGTH + index] as number;
  if ((stored[4] as number) >> 2 === Kind.double) return asDouble[0] as number;
  const value = (asInt32[1] as number) * TWO_32 + (asUint32[0] as number);
  if (!Number.isSafeInteger(value)) throw new DecodeError(`an integer of about ${value} is not a safe integer`);
  return value;
}
