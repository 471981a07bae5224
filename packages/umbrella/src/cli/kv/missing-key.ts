import { closest, NotFound } from '@kohakuvault/core-native/internal';
import type { KeyEncoding, KVault } from '@kohakuvault/kvault';
import { printable } from '../terminal/text.ts';
import { shownKey } from './keys.ts';

/** Keys that are looked through for one that was probably meant. */
const NEIGHBOURS = 2_000;

/** The error for a key that is not there, with the key that may have been meant. */
export function missingKey(vault: KVault<unknown, KeyEncoding>, key: string | Buffer): NotFound {
  const text = typeof key === 'string' ? key : shownKey(key, true);
  const candidates = Array.from(vault.keys({ prefix: firstOf(key), limit: NEIGHBOURS }) as Iterable<unknown>, (found) =>
    shownKey(found as Buffer, typeof key !== 'string'),
  );
  const near = closest(text, candidates);
  return new NotFound(`there is no key ${printable(text)}${near === undefined ? '' : `; did you mean ${near}?`}`);
}

function firstOf(key: string | Buffer): string | Buffer {
  return typeof key === 'string' ? ([...key][0] ?? '') : key.subarray(0, 1);
}
