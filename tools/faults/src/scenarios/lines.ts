import { createHash } from 'node:crypto';

/** Returns a short line that is different for every value. */
export function line(value: unknown): string {
  if (value instanceof Uint8Array) {
    return `${value.length} bytes ${createHash('sha1').update(value).digest('hex').slice(0, 16)}`;
  }
  const text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? 'undefined';
  return text.length <= 80 ? text : `${text.slice(0, 40)}… ${line(Buffer.from(text))}`;
}

/** Returns the first difference between two lists of lines; undefined without one. */
export function difference(found: readonly string[], expected: readonly string[]): string | undefined {
  for (let at = 0; at < Math.max(found.length, expected.length); at++) {
    if (found[at] !== expected[at]) return `found ${found[at]}, expected ${expected[at]}`;
  }
  return undefined;
}

/**
 * Returns the index of the newest state that equals what was found; -1 without one. With `apart`, each line may come
 * from another state, since each is written on its own.
 */
export function stateOf(found: readonly string[], states: readonly string[][], apart: boolean): number {
  const whole = states.findLastIndex((lines) => difference(found, lines) === undefined);
  if (whole >= 0 || !apart) return whole;
  const newest = states.at(-1) ?? [];
  const known = found.length === newest.length && found.every((line, at) => states.some((lines) => lines[at] === line));
  return known ? 0 : -1;
}
