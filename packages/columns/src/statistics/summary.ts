import { nativeCore, SummaryFlag, SummaryPlace } from '@kohakuvault/core-native/internal';
import type { ElementInfo, TypedArray } from '@kohakuvault/packer';
import type { KnownPieces, PieceSummary } from './known-pieces.ts';
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
  const known: KnownPieces = {
    take(summary, count) {
      if ((summary.flags & flags) !== flags) return false;
      slots.set(summary.slots);
      total.add(count);
      return true;
    },
    learn: (_, before) => together(before, { flags, slots }),
  };
  const visitor = (bytes: Uint8Array) => {
    binding.numberSummary(element.code, bytes, flags, slots);
    total.add(bytes.length / element.size);
    return true;
  };
  source.visit(...range, visitor, known);
  return total;
}

/** The places that each flag fills. The count is always there. */
const PLACES: readonly [flag: number, ...places: number[]][] = [
  [SummaryFlag.extremes, SummaryPlace.least, SummaryPlace.greatest],
  [SummaryFlag.sum, SummaryPlace.sum, SummaryPlace.sumHigh],
  [SummaryFlag.spread, SummaryPlace.sum, SummaryPlace.sumHigh, SummaryPlace.mean, SummaryPlace.squares],
];

/** Returns what was known of a piece and what was computed of it now, in memory of its own. */
export function together(before: PieceSummary | undefined, now: PieceSummary): PieceSummary {
  // Who knows the spread knows the sum.
  const flags = now.flags & SPREAD ? now.flags | SUM : now.flags;
  const slots = now.slots.slice();
  if (!before) return { flags, slots };
  // As integers, because the bits of an integer may be those of a NaN.
  const [from, to] = [new BigInt64Array(before.slots.buffer), new BigInt64Array(slots.buffer)];
  for (const [flag, ...places] of PLACES) {
    if ((flags & flag) !== 0 || (before.flags & flag) === 0) continue;
    for (const place of places) to[place] = from[place] as bigint;
  }
  return { flags: flags | before.flags, slots };
}

/** Returns what skips the pieces without a number from the first bound to the second. */
export function piecesWithin(element: ElementInfo, bounds: TypedArray): KnownPieces {
  const { binding } = nativeCore();
  const [low, high] = bounds as unknown as [number, number];
  const slots = new Float64Array(SummaryPlace.places);
  return {
    take(summary) {
      if ((summary.flags & EXTREMES) === 0) return false;
      const values = numbersOf(element, summary.slots);
      const [least, greatest] = [values[SummaryPlace.least], values[SummaryPlace.greatest]] as [number, number];
      return summary.slots[SummaryPlace.count] === 0 || greatest < low || least > high;
    },
    learn(bytes, before) {
      if (before && (before.flags & EXTREMES) !== 0) return before;
      binding.numberSummary(element.code, bytes, EXTREMES, slots);
      return together(before, { flags: EXTREMES, slots });
    },
  };
}

/** Returns a summary's places as the extremes are there: doubles, or 64-bit integers. */
function numbersOf({ type }: ElementInfo, slots: Float64Array): ArrayLike<number | bigint> {
  if (type === 'i64') return new BigInt64Array(slots.buffer);
  return type === 'u64' ? new BigUint64Array(slots.buffer) : slots;
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
