import { checkOptions, describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ElementInfo, TypedArray } from '@kohakuvault/packer';

/** The numbers from one bound to another. A bound that is left out does not limit. */
export interface ValueRange {
  gt?: number | bigint | undefined;
  gte?: number | bigint | undefined;
  lt?: number | bigint | undefined;
  lte?: number | bigint | undefined;
}

const BOUND = {
  expected: 'a number or a bigint',
  accepts: (value: unknown) => typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value)),
};
const RULES = { gt: BOUND, gte: BOUND, lt: BOUND, lte: BOUND };

/**
 * Returns the least and the greatest element of a range, as two elements of the type (as Float32Array for 16-bit floats);
 * undefined if there is none between.
 */
export function boundsOfValues(what: string, range: ValueRange, element: ElementInfo): TypedArray | undefined {
  if (range === undefined) throw new InvalidArgument(`${what} expects a range or a function, got undefined`);
  checkOptions(what, range, RULES);
  const { gt, gte, lt, lte } = range;
  if (gt !== undefined && gte !== undefined) throw new InvalidArgument(`${what}: both gt and gte are given; give one`);
  if (lt !== undefined && lte !== undefined) throw new InvalidArgument(`${what}: both lt and lte are given; give one`);
  if ([gt, gte, lt, lte].every((bound) => bound === undefined)) {
    throw new InvalidArgument(`${what}: the range is ${describe(range)} without bounds; give gt, gte, lt or lte`);
  }
  // The core compares 16-bit floats as the 32-bit floats that they equal.
  const pair = element.type === 'f16' ? new Float32Array(2) : new element.array(2);
  const isFloat = element.type.startsWith('f');
  const low = isFloat
    ? floatFrom(gt ?? gte, gt !== undefined, pair)
    : integerFrom(gt ?? gte, gt !== undefined, element);
  // The greatest element below a bound is the negative of the least one above the negative of the bound.
  const [most, isBelow] = [lt ?? lte, lt !== undefined];
  const high = isFloat ? -floatFrom(negated(most), isBelow, pair) : integerUpTo(most, isBelow, element);
  // A bound beyond infinity is NaN.
  if (!(low <= high)) return undefined;
  (pair as Float64Array).set([low, high] as number[]);
  return pair;
}

function negated(bound: number | bigint | undefined): number | bigint | undefined {
  return bound === undefined ? undefined : -bound;
}

/** Returns the least float of the array's type that is at or above a bound, or above it. */
function floatFrom(bound: number | bigint | undefined, isAbove: boolean, array: TypedArray): number {
  if (bound === undefined) return Number.NEGATIVE_INFINITY;
  const floats = array as Float64Array;
  floats[0] = Number(bound);
  const rounded = floats[0];
  return rounded < bound || (isAbove && rounded <= bound) ? nextUp(floats) : rounded;
}

/** Returns the float after the first one of an array. */
function nextUp(floats: Float64Array | Float32Array): number {
  const value = floats[0] as number;
  if (value === Number.POSITIVE_INFINITY) return Number.NaN;
  const isDouble = floats.BYTES_PER_ELEMENT === 8;
  if (value === 0) return isDouble ? Number.MIN_VALUE : 2 ** -149;
  const { buffer } = floats;
  // The bits of floats of one sign are in the order of their distances from zero.
  if (isDouble) (new BigInt64Array(buffer)[0] as bigint) += value > 0 ? 1n : -1n;
  else (new Int32Array(buffer)[0] as number) += value > 0 ? 1 : -1;
  return floats[0] as number;
}

function limitsOf({ type, size }: ElementInfo): [bigint, bigint] {
  const bits = BigInt(8 * size);
  return type.startsWith('u') || type === 'bool'
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

/** Returns the least integer of the type that is at or above a bound, or above it. */
function integerFrom(bound: number | bigint | undefined, isAbove: boolean, element: ElementInfo): number | bigint {
  const [least, most] = limitsOf(element);
  if (bound === Number.POSITIVE_INFINITY) return most + 1n;
  const low = bound === undefined || bound === Number.NEGATIVE_INFINITY ? least : wholeFrom(bound, isAbove);
  // Math.max takes no bigints.
  if (low < least) return as(element, least);
  return as(element, low);
}

/** Returns the greatest integer of the type that is at or below a bound, or below it. */
function integerUpTo(bound: number | bigint | undefined, isBelow: boolean, element: ElementInfo): number | bigint {
  const [least, most] = limitsOf(element);
  if (bound === Number.NEGATIVE_INFINITY) return least - 1n;
  const high = bound === undefined || bound === Number.POSITIVE_INFINITY ? most : -wholeFrom(-bound, isBelow);
  if (high > most) return as(element, most);
  return as(element, high);
}

function wholeFrom(bound: number | bigint, isAbove: boolean): bigint {
  const isWhole = typeof bound === 'bigint' || Number.isInteger(bound);
  const whole = typeof bound === 'bigint' ? bound : BigInt(Math.ceil(bound));
  return isAbove && isWhole ? whole + 1n : whole;
}

/** Returns an integer as the typed array of its type has it. */
function as({ size }: ElementInfo, integer: bigint): number | bigint {
  return size === 8 ? integer : Number(integer);
}
