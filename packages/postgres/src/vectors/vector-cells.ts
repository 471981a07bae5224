import type { VectorShape } from '@kohakuvault/vector/internal';

/** The length in elements, which is a number of bits, or of floats and two bytes that mean nothing yet. */
const HEADER = 4;

/** Returns a vector in the binary form of its type: its bytes are those of `VectorFormat`. */
export function binaryOf({ vectorType, dimensions }: VectorShape, bytes: Buffer): Buffer {
  if (vectorType === 'bit') {
    const binary = Buffer.allocUnsafe(HEADER + bytes.length);
    binary.writeInt32BE(dimensions, 0);
    for (const [at, byte] of bytes.entries()) binary[HEADER + at] = REVERSED[byte] as number;
    return binary;
  }
  const binary = Buffer.allocUnsafe(HEADER + 4 * dimensions);
  binary.writeUInt16BE(dimensions, 0);
  binary.writeUInt16BE(0, 2);
  if (vectorType === 'f32') {
    binary.set(bytes, HEADER);
    binary.subarray(HEADER).swap32();
    return binary;
  }
  const numbers = new Int8Array(bytes);
  for (let at = 0; at < dimensions; at++) binary.writeFloatBE(numbers[at] as number, HEADER + 4 * at);
  return binary;
}

/** Returns the bytes of a vector in the binary form of its type. */
export function bytesOfBinary({ vectorType, dimensions }: VectorShape, binary: Buffer): Buffer {
  const elements = binary.subarray(HEADER);
  if (vectorType === 'bit') return Buffer.from(elements.map((byte) => REVERSED[byte] as number));
  if (vectorType === 'f32') return Buffer.from(elements).swap32();
  const bytes = Buffer.allocUnsafe(dimensions);
  for (let at = 0; at < dimensions; at++) bytes.writeInt8(elements.readFloatBE(4 * at), at);
  return bytes;
}

export function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
}

/** Each byte with its bits in the opposite order: PostgreSQL begins with the highest, and `VectorFormat` with the lowest. */
const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
});
