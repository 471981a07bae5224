import type { ElementInfo, TypedArray } from '@kohakuvault/packer';
import type { Resident } from './residents.ts';

/** What a segment takes besides its bytes, roughly. */
const OVERHEAD = 256;

/** A run of one chunk's elements, as they are in the file. */
export class Segment implements Resident {
  /** The index of its first element, and the one behind the last it may come to hold. */
  readonly start: number;
  readonly end: number;
  readonly #elemSize: number;
  readonly #element: ElementInfo | undefined;
  readonly #forget: () => void;
  bytes: Buffer;
  /** The bytes as numbers, where that is what the elements are. */
  values: TypedArray | undefined;
  /** Read since its turn to make room came. */
  touched = true;

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

  /** Takes the segment out of its column. */
  forget(): void {
    this.#forget();
  }

  /** Makes room for elements up to `end`; by how many bytes it grew. */
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
