import type { VectorFormat, VectorShape } from '@kohakuvault/vector/internal';
import { BinaryValue, type Parameter } from '../client/session.ts';

/** The dimensions, and two bytes that mean nothing yet. */
const BINARY_HEADER = 4;

/** Returns a vector as pgvector reads it: its bytes are those of `VectorFormat`. */
export function textOf({ vectorType, dimensions }: VectorShape, bytes: Buffer): string {
  if (vectorType === 'f32') return `[${Array.from(floatsOf(bytes)).join()}]`;
  if (vectorType === 'int8') return `[${Array.from(new Int8Array(bytes)).join()}]`;
  let bits = '';
  for (let at = 0; at < dimensions; at++) bits += ((bytes[at >> 3] as number) >> (at & 7)) & 1;
  return bits;
}

/** Returns a vector as a parameter: in binary, which neither side has to print or read, unless it has bits. */
export function parameterOf(shape: VectorShape, bytes: Buffer): Parameter {
  const text = () => textOf(shape, bytes);
  if (shape.vectorType === 'bit') return text();
  const { dimensions } = shape;
  const numbers = shape.vectorType === 'f32' ? floatsOf(bytes) : new Int8Array(bytes);
  const binary = Buffer.alloc(BINARY_HEADER + 4 * dimensions);
  binary.writeUInt16BE(dimensions, 0);
  for (let at = 0; at < dimensions; at++) binary.writeFloatBE(numbers[at] as number, BINARY_HEADER + 4 * at);
  return new BinaryValue(binary, text);
}

/** Returns the bytes of a vector as pgvector prints it. */
export function bytesOf(
  { vectorType, dimensions }: VectorShape,
  { bytes: length }: VectorFormat,
  text: string,
): Buffer {
  if (vectorType === 'bit') {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < dimensions; at++) {
      if (text[at] === '1') bytes[at >> 3] = (bytes[at >> 3] as number) | (1 << (at & 7));
    }
    return bytes;
  }
  const numbers = text.slice(1, -1).split(',').map(Number);
  const elements = vectorType === 'f32' ? Float32Array.from(numbers) : Int8Array.from(numbers);
  return Buffer.from(elements.buffer);
}

function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
}

/** Returns texts as an array of PostgreSQL. They hold digits, dots and signs only. */
export function textArrayOf(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text}"`).join()}}`;
}
