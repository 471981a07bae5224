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
