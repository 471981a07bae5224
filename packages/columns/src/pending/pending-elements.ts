import type { ElementInfo } from '@kohakuvault/packer';
import type { EncodedBlock } from '../elements/encoded-block.ts';

/** What the elements of a column are. */
export interface ElementFormat {
  /** The bytes of one element; 0 if they have a variable size. */
  readonly elemSize: number;
  /** The type of the elements, if they are numbers. */
  readonly element: ElementInfo | undefined;
}

/** An undo record: the state of pending elements at one moment. */
export interface PendingMark {
  readonly items: Buffer | Buffer[];
  readonly count: number;
  readonly bytes: number;
}

/**
 * The pending elements of a column, encoded. They come after the committed ones. An undo record costs nothing: what it
 * refers to is copied before it is changed, and elements are only added behind it.
 */
export interface PendingElements {
  readonly count: number;
  readonly bytes: number;
  /** Adds a number without encoding it. Returns false, and adds nothing, if the value must be encoded or refused. */
  addNumber(value: unknown): boolean;
  append(block: EncodedBlock): void;
  /** Copies elements into a block. */
  read(start: number, end: number): EncodedBlock;
  /** Returns the bytes of one element, which are not copied. */
  at(index: number): Buffer;
  /** Replaces as many elements as the block has. */
  write(start: number, block: EncodedBlock): void;
  splice(start: number, deleteCount: number, block: EncodedBlock): void;
  clear(): void;
  mark(): PendingMark;
  restore(mark: PendingMark): void;
}
