import type { KeyRef } from '../../src/api/types.ts';

/** The text of a key, or its hex digits if it is not text. */
export function keyText(key: KeyRef): string {
  return key.slice(2);
}

export function isBinaryKey(key: KeyRef): boolean {
  return key.startsWith('x:');
}

export function textKey(text: string): KeyRef {
  return `t:${text}`;
}
