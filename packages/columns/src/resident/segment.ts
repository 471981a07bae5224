import type { ElementInfo, TypedArray } from '@kohakuvault/packer';
import type { NumberSegment } from '../elements/column-store.ts';
import type { Resident } from './resident-memory.ts';

/** The approximate bytes that a segment takes besides its elements. */
const OVERHEAD = 256;

/** Consecutive elements of one chunk, as they are in the file. */
export class Segment implements Resident, NumberSegment {
  /** The index of its first element. */
  readonly start: number;
  /** The index after the last element that it may hold. */
  readonly end: number;
  readonly #elemSize: number;
  readonly #element: ElementInfo | undefined;
  readonly #forget: () => void;
  bytes: Buffer;
  /** The bytes as numbers, if the elements are numbers. */
  values: TypedArray | undefined;
  wasRead = true;

  constructor(setup: {
    start: number;
    end: number;
    elemSize: number;
    element: ElementInfo | undefined;
    bytes: Buffer;
    forget: () => void;
  }) {
    this.start = setup.start;
    this.end = setup.end;
    this.#elemSize = setup.elemSize;
    this.#element = setup.element;
    this.#forget = setup.forget;
    this.bytes = setup.bytes;
    this.values = this.#view();
  }

  get cost(): number {
    return this.bytes.length + OVERHEAD;
  }

  /** Removes the segment from its column. */
  forget(): void {
    this.#forget();
  }

  /** Makes room for elements up to `end`. Returns the number of bytes by which it grew. */
  reserve(end: number): number {
    const needed = (end - this.start) * this.#elemSize;
    const before = this.bytes.length;
    if (needed <= before) return 0;
    const most = (this.end - this.start) * this.#elemSize;
    const bytes = Buffer.allocUnsafeSlow(Math.min(most, Math.max(needed, before * 2)));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.values = this.#view();
    return bytes.length - before;
  }

  #view(): TypedArray | undefined {
    const { array, size } = this.#element ?? {};
    return array && size ? new array(this.bytes.buffer as ArrayBuffer, 0, this.bytes.length / size) : undefined;
  }
}
