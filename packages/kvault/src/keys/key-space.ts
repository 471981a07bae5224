import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { afterPrefix, type CheckedKey, checkKey, type Key, keyBytes, toBytes } from './keys.ts';
import { type Bound, type KeyRange, type ResolvedRange, resolveRange } from './range.ts';

/** What stands between the name of a sublevel and its keys. */
const SEPARATOR = '/';

/** The keys of a sublevel: those of its table that begin with a prefix, which the sublevel's keys do not have. */
export class KeySpace {
  readonly prefix: Buffer;
  /** The prefix as text; undefined if it was given as bytes. */
  readonly #text: string | undefined;

  constructor(prefix: CheckedKey) {
    this.prefix = toBytes(prefix);
    this.#text = typeof prefix === 'string' ? prefix : undefined;
  }

  /** Checks a key of the sublevel. Returns the key of the table. */
  key(key: Key): CheckedKey {
    const checked = checkKey(key);
    if (typeof checked === 'string' && this.#text !== undefined) return checkKey(this.#text + checked);
    return checkKey(this.#in(toBytes(checked)));
  }

  /** Checks a range of the sublevel. Returns the range of the table. */
  range(given: KeyRange | Key | undefined): ResolvedRange {
    const { lower, upper, reverse, limit } = resolveRange(given);
    const inside = (bound: Bound) => ({ ...bound, key: this.#in(bound.key) });
    const after = afterPrefix(this.prefix);
    const end = after && { key: after, inclusive: false };
    const start = { key: this.prefix, inclusive: true };
    return { lower: lower ? inside(lower) : start, upper: upper ? inside(upper) : end, reverse, limit };
  }

  #in(key: Buffer): Buffer {
    return Buffer.concat([this.prefix, key]);
  }
}

/** Returns the keys of the sublevel of this name, in another sublevel or in the whole table. */
export function namedKeySpace(name: Key, outer: KeySpace | undefined): KeySpace {
  const bytes = keyBytes(name);
  if (bytes.length === 0) throw new InvalidArgument('sub expects a name, got an empty one');
  if (bytes.includes(SEPARATOR)) {
    throw new InvalidArgument(
      `sub got the name ${describe(name)}, which has a ${SEPARATOR}; call sub of a sublevel for a nested one`,
    );
  }
  const own = typeof name === 'string' ? name + SEPARATOR : Buffer.concat([bytes, Buffer.from(SEPARATOR)]);
  return new KeySpace(outer === undefined ? checkKey(own) : outer.key(own));
}
