import { isUtf8 } from 'node:buffer';
import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { KeyRef } from '../api/types.ts';

/** Returns a key as JSON and URLs have it. */
export function refOf(key: Buffer): KeyRef {
  return isUtf8(key) ? `t:${key.toString()}` : `x:${key.toString('hex')}`;
}

/** Returns the bytes of a key. */
export function keyOf(ref: KeyRef, name = 'key'): Buffer {
  const [kind, rest] = [ref.slice(0, 2), ref.slice(2)];
  if (kind === 't:' && rest.isWellFormed()) return Buffer.from(rest);
  if (kind === 'x:' && /^(?:[\da-f]{2})*$/i.test(rest)) return Buffer.from(rest, 'hex');
  throw new InvalidArgument(
    `${name} is ${describe(ref)}; expected t: and the text of the key, or x: and its bytes in hexadecimal`,
  );
}
