import { createHash } from 'node:crypto';

/** A value in one short line that tells it from every other one. */
export function line(value: unknown): string {
  if (value instanceof Uint8Array) {
    return `${value.length} bytes ${createHash('sha1').update(value).digest('hex').slice(0, 16)}`;
  }
  const text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? 'undefined';
  return text.length <= 80 ? text : `${text.slice(0, 40)}… ${line(Buffer.from(text))}`;
}

/** The first place in which two lists of lines differ; undefined where they do not. */
export function difference(found: readonly string[], expected: readonly string[]): string | undefined {
  for (let at = 0; at < Math.max(found.length, expected.length); at++) {
    if (found[at] !== expected[at]) return `found ${found[at]}, expected ${expected[at]}`;
  }
  return undefined;
}

/**
 * Which of the states is found, the newest of them; -1 where none is. `apart`: each line may be as in another state, since
 * it is written for itself.
 */
export function stateOf(found: readonly string[], states: readonly string[][], apart: boolean): number {
  const whole = states.findLastIndex((lines) => difference(found, lines) === undefined);
  if (whole >= 0 || !apart) return whole;
  const newest = states.at(-1) ?? [];
  const known = found.length === newest.length && found.every((line, at) => states.some((lines) => lines[at] === line));
  return known ? 0 : -1;
}
