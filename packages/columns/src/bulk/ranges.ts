import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** Returns an index, which may count from the end. Throws if it is not a whole number. */
export function checkIndex(what: string, index: unknown): number {
  if (Number.isSafeInteger(index)) return index as number;
  throw new InvalidArgument(
    `${what}: the index is ${describe(index)}; expected a whole number, which may be negative to count from the end`,
  );
}

/** Returns the index of an element, counted from the start. Throws if there is no such element. */
export function resolveIndex(what: string, index: number, length: number): number {
  const resolved = index < 0 ? index + length : index;
  if (resolved >= 0 && resolved < length) return resolved;
  throw new InvalidArgument(
    length === 0
      ? `${what}: there is no element ${index}; the column is empty`
      : `${what}: there is no element ${index}; expected ${-length} to ${length - 1}`,
  );
}

/** Returns a bound of a range, clipped to the column. A negative index counts from the end. */
export function clip(index: number | undefined, length: number, fallback: number): number {
  if (index === undefined) return fallback;
  return index < 0 ? Math.max(0, index + length) : Math.min(index, length);
}

/** Some elements: every `step`th one from `first` on, `count` of them. */
export interface Picked {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/** Returns the elements that Python's `[start:end:step]` picks. */
export function pick(length: number, start: number | undefined, end: number | undefined, step: number): Picked {
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (index: number | undefined, fallback: number) => {
    if (index === undefined) return fallback;
    return Math.min(highest, Math.max(lowest, index < 0 ? index + length : index));
  };
  const first = bound(start, step > 0 ? lowest : highest);
  const last = bound(end, step > 0 ? highest : lowest);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)), step };
}

/** Returns a bound of a slice; undefined if it was left out. */
export function checkBound(what: string, bound: unknown): number | undefined {
  return bound === undefined ? undefined : checkIndex(what, bound);
}
