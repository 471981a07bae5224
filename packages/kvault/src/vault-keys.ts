import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { listOf } from './arguments.ts';
import { type ExpiryOptions, expiryOf, NEVER } from './expiry/expiry-options.ts';
import type { KeySpace } from './keys/key-space.ts';
import { type CheckedKey, checkKey, type Key, type KeyEncoding, type KeyOf, showKey } from './keys/keys.ts';
import { type KeyRange, type ResolvedRange, resolveRange } from './keys/range.ts';
import { StreamKey } from './streams/stream-context.ts';
import type { KeyPlace } from './table/scan.ts';

export interface VaultKeysSetup<K extends KeyEncoding> {
  readonly table: string;
  /** The keys of a sublevel; undefined if the vault has all keys of its table. */
  readonly space: KeySpace | undefined;
  /** After how many milliseconds an entry expires by default. */
  readonly ttl: number;
  readonly keyOf: (row: KeyPlace) => KeyOf<K>;
}

/** Which keys of the table a vault has: all of them, or those of a sublevel. Checks what calls are given. */
export class VaultKeys<K extends KeyEncoding> {
  readonly table: string;
  readonly space: KeySpace | undefined;
  readonly ttl: number;
  /** Returns the vault's key of a row. */
  readonly keyOf: (row: KeyPlace) => KeyOf<K>;

  constructor({ table, space, ttl, keyOf }: VaultKeysSetup<K>) {
    this.table = table;
    this.space = space;
    this.ttl = ttl;
    this.keyOf = keyOf;
  }

  /** Checks a key, and returns the key of the table. */
  key(key: Key): CheckedKey {
    return this.space === undefined ? checkKey(key) : this.space.key(key);
  }

  list(method: string, keys: Iterable<Key>): CheckedKey[] {
    return listOf(method, 'keys', keys).map((key) => this.key(key));
  }

  /** Streams check a key themselves, in their turn among other arguments. */
  streamed(key: Key): Key | StreamKey {
    return this.space === undefined ? key : new StreamKey(key, this.space.key(key));
  }

  /** Checks a range, and returns the range of the table. */
  range(range: KeyRange | Key | undefined): ResolvedRange {
    return this.space === undefined ? resolveRange(range) : this.space.range(range);
  }

  /** Returns when an entry expires that a call writes. */
  expiry(method: string, options: ExpiryOptions | undefined): number {
    return options === undefined && this.ttl === NEVER ? NEVER : expiryOf(method, options, this.ttl);
  }

  missing(key: CheckedKey): NotFound {
    return new NotFound(`${this.table} has no key ${showKey(key)}`);
  }

  refuseSublevel(method: string, instead: string): void {
    if (this.space) throw new InvalidArgument(`${method} concerns a whole table, and this is a sublevel; ${instead}`);
  }
}
