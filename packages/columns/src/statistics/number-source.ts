import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DType, ElementInfo } from '@kohakuvault/packer';
import { checkBound, clip } from '../bulk/ranges.ts';
import type { KnownPieces } from './known-pieces.ts';

/** A range of a column. Both bounds are clipped, and negative ones count from the end. */
export interface RangeOptions {
  /** The first element. Default 0. */
  start?: number | undefined;
  /** The element before which the range ends. Default: the length. */
  end?: number | undefined;
}

export const RANGE_RULES = {
  start: { expected: 'a whole number', accepts: Number.isSafeInteger },
  end: { expected: 'a whole number', accepts: Number.isSafeInteger },
};

/** Gets the bytes of a piece, and the index of its first element. Returns whether it wants the next piece. */
export type Visitor = (bytes: Uint8Array, first: number) => boolean;

/** The elements that statistics are computed of. */
export interface NumberSource {
  readonly name: string;
  readonly dtype: DType;
  /** The type of the elements, if they are numbers. */
  readonly element: ElementInfo | undefined;
  /** Whether 64-bit integers are returned as numbers. */
  readonly asNumbers: boolean;
  readonly length: number;
  /** Runs reads of one state of the file. */
  consistently<R>(read: () => R): R;
  /**
   * Passes the bytes of a range piece by piece, in order. They are good only until the visitor returns. Of a piece that
   * `known` takes, they are not passed.
   */
  visit(start: number, end: number, visitor: Visitor, known?: KnownPieces): void;
  /** Returns an element, which must exist. */
  at(index: number): unknown;
}

/** Returns the type of the elements. Throws if they are not numbers. */
export function elementOf(what: string, { name, dtype, element }: NumberSource): ElementInfo {
  if (element) return element;
  throw new InvalidArgument(
    `${what}: column ${JSON.stringify(name)} has elements of ${dtype}; expected a column of numbers, such as f64`,
  );
}

/** Returns the bounds of a range, clipped to the column as it is now. */
export function boundsOf(what: string, options: RangeOptions, length: number): [start: number, end: number] {
  const start = clip(checkBound(what, options.start), length, 0);
  return [start, Math.max(start, clip(checkBound(what, options.end), length, length))];
}
