import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** A whole number that may count from the end, as it was given. */
export function checkIndex(what: string, index: unknown): number {
  if (Number.isSafeInteger(index)) return index as number;
  throw new InvalidArgument(`${what}: the index is ${describe(index)}; expected a whole number, negative from the end`);
}

/** The index of an element that must be there. */
export function resolveIndex(what: string, index: number, length: number): number {
  const resolved = index < 0 ? index + length : index;
  if (resolved >= 0 && resolved < length) return resolved;
  throw new InvalidArgument(
    length === 0
      ? `${what}: there is no element ${index}, the column is empty`
      : `${what}: there is no element ${index}; expected ${-length} to ${length - 1}`,
  );
}

/** Where something goes, or a range begins or ends: negative from the end, and clipped to what is there. */
export function clip(index: number | undefined, length: number, otherwise: number): number {
  if (index === undefined) return otherwise;
  return index < 0 ? Math.max(0, index + length) : Math.min(index, length);
}

/** Every `step`th element from `first` on, `count` of them. */
export interface Picked {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/** What Python's `[start:end:step]` picks. */
export function pick(length: number, start: number | undefined, end: number | undefined, step: number): Picked {
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (index: number | undefined, otherwise: number) => {
    if (index === undefined) return otherwise;
    return Math.min(most, Math.max(least, index < 0 ? index + length : index));
  };
  const first = bound(start, step > 0 ? least : most);
  const last = bound(end, step > 0 ? most : least);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)), step };
}

/** Checks what `slice` takes; undefined stands for what is left out. */
export function checkBound(what: string, bound: unknown): number | undefined {
  return bound === undefined ? undefined : checkIndex(what, bound);
}
