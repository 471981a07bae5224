import { type ElementInfo, elementOfCode, elementsOfShape } from '../elements/element-types.ts';
import { DecodeError } from '../errors/decode-error.ts';

/** The header of a vector that carries its shape: `type u8 | ndim u8 | dim u32 LE x ndim`. The elements follow. */
export interface VectorHeader {
  readonly element: ElementInfo;
  /** Sizes, outermost first; empty for a single number. */
  readonly shape: readonly number[];
  /** The number of elements. */
  readonly count: number;
  /** The bounds of the elements; more bytes may follow. */
  readonly start: number;
  readonly end: number;
}

/** The largest size of a dimension. */
export const LONGEST_DIMENSION = 0xffff_ffff;

export function vectorHeaderSize(dimensions: number): number {
  return 2 + 4 * dimensions;
}

/** Writes a header at `offset` and returns the offset of the elements. */
export function writeVectorHeader(
  target: Buffer,
  offset: number,
  element: ElementInfo,
  shape: readonly number[],
): number {
  target[offset] = element.code;
  target[offset + 1] = shape.length;
  for (const [index, size] of shape.entries()) target.writeUInt32LE(size, offset + 2 + 4 * index);
  return offset + vectorHeaderSize(shape.length);
}

/**
 * Reads a header and checks that the bytes hold the elements. Nothing is allocated, since damaged sizes can be huge.
 */
export function readVectorHeader(bytes: Buffer): VectorHeader {
  const dimensions = bytes[1];
  if (dimensions === undefined) throw new DecodeError(`the vector has ${bytes.length} bytes; expected at least 2`);
  const element = elementOfCode(bytes[0] ?? 0);
  if (!element) throw new DecodeError(`the element type code ${bytes[0]} is unknown; expected 1 (f32) to 12 (f16)`);
  const start = vectorHeaderSize(dimensions);
  if (start > bytes.length) throw new DecodeError(`the header of a vector of ${dimensions} dimensions is truncated`);
  const shape = Array.from({ length: dimensions }, (_, index) => bytes.readUInt32LE(2 + 4 * index));
  const count = elementsOfShape(shape);
  const end = start + count * element.size;
  if (end > bytes.length) {
    throw new DecodeError(
      `a vector of ${element.type} with the shape [${shape.join(', ')}] takes ${end - start} bytes; ` +
        `only ${bytes.length - start} are stored`,
    );
  }
  return { element, shape, count, start, end };
}
