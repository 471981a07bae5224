import type { EncodedBlock } from '../layout.ts';

/** The state of pending elements at one moment. */
export interface PendingMark {
  readonly items: Buffer | Buffer[];
  readonly count: number;
  readonly bytes: number;
}

/**
 * Elements that wait behind the committed ones, encoded. Marking a state costs nothing: what has been marked is not changed
 * any more, but for elements added behind it.
 */
export interface PendingElements {
  readonly count: number;
  readonly bytes: number;
  /** Adds one value without a detour, where it is plainly of the column's type; false where it has to be encoded first. */
  addNumber(value: unknown): boolean;
  add(element: Buffer): void;
  append(block: EncodedBlock): void;
  /** The bytes of elements, in memory of their own. */
  read(start: number, end: number): EncodedBlock;
  /** The bytes of one element, in place. */
  at(index: number): Buffer;
  /** Replaces as many elements as the block has. */
  write(start: number, block: EncodedBlock): void;
  splice(start: number, deleteCount: number, block: EncodedBlock): void;
  clear(): void;
  mark(): PendingMark;
  restore(mark: PendingMark): void;
}
