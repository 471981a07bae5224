import type { VectorFormat, VectorShape } from '@kohakuvault/vector/internal';
import { BinaryValue, type Parameter } from '../client/session.ts';
import { binaryOf, floatsOf } from './vector-cells.ts';

/** Returns a vector as pgvector reads it: its bytes are those of `VectorFormat`. */
export function textOf({ vectorType, dimensions }: VectorShape, bytes: Buffer): string {
  if (vectorType === 'f32') return `[${Array.from(floatsOf(bytes)).join()}]`;
  if (vectorType === 'int8') return `[${Array.from(new Int8Array(bytes)).join()}]`;
  let bits = '';
  for (let at = 0; at < dimensions; at++) bits += ((bytes[at >> 3] as number) >> (at & 7)) & 1;
  return bits;
}

/** Returns a vector as a parameter: in binary, which neither side has to print or read. */
export function parameterOf(shape: VectorShape, bytes: Buffer): Parameter {
  const text = () => textOf(shape, bytes);
  return shape.vectorType === 'bit' ? text() : new BinaryValue(binaryOf(shape, bytes), text);
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
