import { Malformed } from '../errors/codec-errors.ts';
import { encodeJson } from '../formats/json/json-writer.ts';
import { MessagePackWriter } from '../formats/msgpack/msgpack-writer.ts';
import { Encoding, HEADER_LENGTH, Kind, writeHeader } from '../headers/header.ts';
import { readVector, type VectorValue } from '../tensors/vectors.ts';

/** The Python package takes eight bytes for an integer when they are one below this in size, else for a double. */
const PYTHON_INTEGERS = 1e12;
const TWO_32 = 4_294_967_296;

const messagePack = new MessagePackWriter();

/** Headers and payload of a value that is neither bytes nor a structure. */
export interface Encoded {
  readonly id: Encoding;
  readonly kind: Kind;
  readonly payload: Buffer;
}

/** A number, in the form that Python reads as an int or a float of the same value. */
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

/** A bigint: as MessagePack where 64 bits hold it, else as the digits that JSON allows without end. */
export function encodeBigInt(value: bigint, headers: boolean): Buffer {
  const fits = BigInt.asUintN(64, value) === value || BigInt.asIntN(64, value) === value;
  const encoded: Encoded = fits
    ? { id: Encoding.msgpack, kind: Kind.bigints, payload: messagePack.encode(value) }
    : { id: Encoding.json, kind: Kind.bigints, payload: encodeJson(value) };
  return withHeader(encoded, headers);
}

/** Python reads no integer of more digits than 4,300 unless told to, since reading digits takes ever longer. */
const PYTHON_DIGITS = 10n ** 4_300n;

/** Whether a bigint is better off in a structure, which holds it in binary. */
export function isBeyondPython(value: bigint): boolean {
  return value >= PYTHON_DIGITS || value <= -PYTHON_DIGITS;
}

export function encodeConstant(value: boolean | null, headers: boolean): Buffer {
  return withHeader({ id: Encoding.msgpack, kind: Kind.unsaid, payload: messagePack.encode(value) }, headers);
}

/** The caller has made sure that UTF-8 can hold the text. */
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

/** Whether the Python package, which guesses, finds the double that these eight bytes are. */
function pythonTakesForDouble(value: number): boolean {
  if (Number.isFinite(value) && Math.abs(value % 1) > 1e-9) return true;
  const bits = bitsOf(value);
  return bits >= 1_000_000_000_000n || (bits <= -1_000_000_000_000n && bits !== LEAST);
}

/** The least 64-bit integer, which has no positive twin: Python takes it for small. As a double it is -0. */
const LEAST = -(2n ** 63n);

const scratch = Buffer.alloc(8);

function bitsOf(value: number): bigint {
  scratch.writeDoubleLE(value);
  return scratch.readBigInt64LE();
}

/** Below this, no double is one that somebody stored: the bits are those of an integer. */
const LEAST_DOUBLE = 1e-200;

/** What the eight bytes are that Python wrote for an int, a float or a very small array, without saying which. */
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
 * Whether eight bytes are a vector of two bytes or of one 16-bit element. An integer has the same head once in 2^46, but
 * below 2^48 it has it because it is that integer.
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

/** The eight bytes that ours wrote, and said what they are. */
export function readEightBytes(payload: Buffer, kind: typeof Kind.numbers | typeof Kind.double): number {
  if (payload.length !== 8) throw new Malformed(`a number takes 8 bytes, and there are ${payload.length}`);
  if (kind === Kind.double) return payload.readDoubleLE();
  const value = payload.readInt32LE(4) * TWO_32 + payload.readUInt32LE(0);
  if (!Number.isSafeInteger(value)) throw new Malformed(`${payload.readBigInt64LE()} is no safe integer`);
  return value;
}
