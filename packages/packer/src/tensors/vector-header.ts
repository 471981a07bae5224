import { type ElementInfo, elementOfCode, elementsOfShape } from '../elements/element-types.ts';
import { Malformed } from '../errors/codec-errors.ts';

/** What stands before the elements of a vector that carries its shape: `type u8 | ndim u8 | dim u32 LE x ndim`. */
export interface VectorHeader {
  readonly element: ElementInfo;
  /** Sizes, outermost first; none for a single number. */
  readonly shape: readonly number[];
  /** The number of elements. */
  readonly count: number;
  /** Where the elements begin and end; more bytes may follow. */
  readonly start: number;
  readonly end: number;
}

/** The largest size a header can tell. */
export const LONGEST_DIMENSION = 0xffff_ffff;

export function vectorHeaderSize(dimensions: number): number {
  return 2 + 4 * dimensions;
}

/** Writes a header at `offset` and returns where the elements begin. */
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

/** Reads a header and checks that the elements are there. Damaged sizes multiply to anything, so nothing is allocated. */
export function readVectorHeader(bytes: Buffer): VectorHeader {
  const dimensions = bytes[1];
  if (dimensions === undefined) throw new Malformed(`a vector takes 2 bytes at least, and ${bytes.length} are there`);
  const element = elementOfCode(bytes[0] ?? 0);
  if (!element) throw new Malformed(`${bytes[0]} is the code of no element type; they are 1 (f32) to 10 (i16)`);
  const start = vectorHeaderSize(dimensions);
  if (start > bytes.length) throw new Malformed(`the header of a vector of ${dimensions} dimensions is cut off`);
  const shape = Array.from({ length: dimensions }, (_, index) => bytes.readUInt32LE(2 + 4 * index));
  const count = elementsOfShape(shape);
  const end = start + count * element.size;
  if (end > bytes.length) {
    throw new Malformed(
      `a vector ${element.type} of shape [${shape.join(', ')}] takes ${end - start} bytes, and ${bytes.length - start} are there`,
    );
  }
  return { element, shape, count, start, end };
}
