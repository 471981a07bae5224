import { nativeCore, SummaryFlag, SummaryPlace } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '@kohakuvault/packer';
import type { NumberSource } from './number-source.ts';

/** What was determined of a range. Extremes and sums of 64-bit integers are bigints. */
export interface Totals {
  /** The number of elements that are not NaN. */
  readonly count: number;
  readonly nan: number;
  readonly min: number | bigint | undefined;
  readonly max: number | bigint | undefined;
  readonly sum: number | bigint;
  /** The sum of the squared distances from the mean. */
  readonly squares: number;
}

export const { extremes: EXTREMES, sum: SUM, spread: SPREAD } = SummaryFlag;

/** Determines what the flags say of a range. */
export function summarize(source: NumberSource, element: ElementInfo, range: [number, number], flags: number): Totals {
  const { binding } = nativeCore();
  const slots = new Float64Array(SummaryPlace.places);
  const total = new Total(element, slots);
  source.visit(...range, (bytes) => {
    binding.numberSummary(element.code, bytes, flags, slots);
    total.add(bytes.length / element.size);
    return true;
  });
  return total;
}

/** What is known of the pieces so far. */
class Total implements Totals {
  count = 0;
  nan = 0;
  min: number | bigint | undefined;
  max: number | bigint | undefined;
  squares = 0;
  readonly #isFloat: boolean;
  readonly #doubles: Float64Array;
  /** The same memory as integers, which the extremes of 64-bit integers are. */
  readonly #longs: BigInt64Array | BigUint64Array | undefined;
  readonly #low: BigUint64Array;
  readonly #high: BigInt64Array;
  #mean = 0;
  #integers = 0n;
  #floats = 0;
  /** What the sum of floats has lost by rounding. */
  #lost = 0;

  constructor({ type }: ElementInfo, doubles: Float64Array) {
    const { buffer } = doubles;
    this.#isFloat = type.startsWith('f');
    this.#doubles = doubles;
    this.#low = new BigUint64Array(buffer);
    this.#high = new BigInt64Array(buffer);
    if (type === 'i64') this.#longs = this.#high;
    if (type === 'u64') this.#longs = this.#low;
  }

  get sum(): number | bigint {
    if (!this.#isFloat) return this.#longs ? this.#integers : Number(this.#integers);
    // Nothing is known to be lost of an infinity.
    return Number.isFinite(this.#floats) ? this.#floats + this.#lost : this.#floats;
  }

  /** Adds a piece of so many elements, whose summary is in the memory. */
  add(elements: number): void {
    const count = this.#doubles[SummaryPlace.count] as number;
    this.nan += elements - count;
    if (count === 0) return;
    this.#addExtremes();
    this.#addSum();
    this.#addSpread(count);
    this.count += count;
  }

  #addExtremes(): void {
    const values = this.#longs ?? this.#doubles;
    const [least, greatest] = [values[SummaryPlace.least], values[SummaryPlace.greatest]] as [number, number];
    if (this.min === undefined || least < this.min) this.min = least;
    if (this.max === undefined || greatest > this.max) this.max = greatest;
  }

  #addSum(): void {
    if (!this.#isFloat) {
      const [low, high] = [this.#low[SummaryPlace.sum] as bigint, this.#high[SummaryPlace.sumHigh] as bigint];
      this.#integers += low + (high << 64n);
      return;
    }
    const [before, sum] = [this.#floats, this.#doubles[SummaryPlace.sum] as number];
    const after = before + sum;
    this.#lost += Math.abs(before) >= Math.abs(sum) ? before - after + sum : sum - after + before;
    this.#floats = after;
  }

  #addSpread(count: number): void {
    const distance = (this.#doubles[SummaryPlace.mean] as number) - this.#mean;
    const all = this.count + count;
    this.#mean += (distance * count) / all;
    this.squares += (this.#doubles[SummaryPlace.squares] as number) + (distance * distance * this.count * count) / all;
  }
}
