import { closest, NotFound } from '@kohakuvault/core-native/internal';
import type { KeyEncoding, KVault } from '@kohakuvault/kvault';
import { printable } from '../terminal/text.ts';
import { shownKey } from './keys.ts';

/** The number of keys among which the closest is searched. */
const CANDIDATES = 2_000;

/** Returns the error for a key that does not exist, with the closest key. */
export function missingKey(vault: KVault<unknown, KeyEncoding, boolean>, key: string | Buffer): NotFound {
  const text = typeof key === 'string' ? key : shownKey(key, true);
  const candidates = Array.from(vault.keys({ prefix: firstOf(key), limit: CANDIDATES }) as Iterable<unknown>, (found) =>
    shownKey(found as Buffer, typeof key !== 'string'),
  );
  const near = closest(text, candidates);
  return new NotFound(`there is no key ${printable(text)}${near === undefined ? '' : `; did you mean ${near}?`}`);
}

function firstOf(key: string | Buffer): string | Buffer {
  return typeof key === 'string' ? ([...key][0] ?? '') : key.subarray(0, 1);
}
