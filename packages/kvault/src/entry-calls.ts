import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { checkPair, listOf, pairsOf } from './arguments.ts';
import { AtomicEntries } from './atomic/atomic-entries.ts';
import { checkIncrement } from './atomic/expected.ts';
import type { Version } from './atomic/version.ts';
import { type ExpiryOptions, NEVER } from './expiry/expiry-options.ts';
import type { Key, KeyEncoding } from './keys/keys.ts';
import { objectView, type Viewed } from './object-view.ts';
import { RangeCalls } from './range-calls.ts';
import { setManyTimed } from './set-many-timed.ts';
import type { Entries, TimedEntry } from './table/entries.ts';
import { MISSING, type TableReads } from './table/table-reads.ts';
import type { StoredEntry } from './table/table-writes.ts';
import type { KeyedCodec } from './values/keyed-codec.ts';
import type { Storable, Stored } from './values/wrapped.ts';
import type { VaultKeys } from './vault-keys.ts';
import type { VaultSetup } from './vault-parts.ts';

/** The calls about the entries of a vault, one by one. */
export abstract class EntryCalls<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends RangeCalls<V, K, A, E> {
  readonly #connection: Connection;
  readonly #keys: VaultKeys<K>;
  readonly #codec: KeyedCodec;
  readonly #entries: Entries;
  readonly #reads: TableReads;

  /** @internal */
  constructor(setup: VaultSetup<K>) {
    super(setup);
    const { connection, keys, codec, entries } = setup;
    this.#connection = connection;
    this.#keys = keys;
    this.#codec = codec;
    this.#entries = entries;
    this.#reads = entries.reads;
  }

  /** Returns the value, or the fallback (undefined) if the key does not exist. */
  get(key: Key): Stored<V, A, E> | undefined;
  get<D>(key: Key, fallback: D): Stored<V, A, E> | D;
  get(key: Key, fallback?: unknown): unknown {
    const value = this.#reads.get(this.#keys.key(key));
    return value === MISSING ? fallback : value;
  }

  /** Returns the value. Throws `NotFound` if the key does not exist. */
  getOrThrow(key: Key): Stored<V, A, E> {
    const checked = this.#keys.key(key);
    const value = this.#reads.get(checked);
    if (value === MISSING) throw this.#keys.missing(checked);
    return value as Stored<V, A, E>;
  }

  has(key: Key): boolean {
    return this.#reads.has(this.#keys.key(key));
  }

  /** Sets a key. Without options, the entry expires after the `ttl` of the vault, if that has one. */
  set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): this {
    const checked = this.#keys.key(key);
    const stored = this.#codec.encode(value, key);
    this.#entries.set(checked, stored, this.#keys.expiry('set', options));
    return this;
  }

  /** Writes many entries in one transaction: all of them, or none if one cannot be written. Returns how many. */
  setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): number {
    const list = listOf('setMany', 'entries', entries);
    this.#entries.setMany(this.#encoded(list), this.#keys.expiry('setMany', options));
    return list.length;
  }

  /** @internal Does the same for entries that have times of their own. */
  [setManyTimed](
    entries: readonly (readonly [key: Key, value: Storable<V, A, E>, options: ExpiryOptions | undefined])[],
  ): void {
    this.#entries.setManyTimed(this.#timed(entries));
  }

  /** Deletes a key. Returns whether it existed. */
  delete(key: Key): boolean {
    return this.#entries.delete(this.#keys.key(key));
  }

  /** Deletes many keys in one transaction. Returns how many of them existed. */
  deleteMany(keys: Iterable<Key>): number {
    const list = this.#keys.list('deleteMany', keys);
    return this.#connection.transaction(() => list.filter((key) => this.#entries.delete(key)).length);
  }

  /**
   * Gives a value another key, in place of the value that has that. The value is not read. Throws `NotFound` if there
   * is no such key.
   */
  rename(from: Key, to: Key): void {
    const source = this.#keys.key(from);
    if (!this.#entries.rename(source, this.#keys.key(to))) throw this.#keys.missing(source);
  }

  /**
   * Returns the length of a value without reading it: of bytes and text in bytes, of other values as they are encoded.
   * Returns undefined if the key does not exist.
   */
  sizeOf(key: Key): number | undefined {
    return this.#reads.sizeOf(this.#keys.key(key));
  }

  /** Deletes a key. Returns its value, or the fallback (undefined) if the key does not exist. */
  pop(key: Key): Stored<V, A, E> | undefined;
  pop<D>(key: Key, fallback: D): Stored<V, A, E> | D;
  pop(key: Key, fallback?: unknown): unknown {
    const checked = this.#keys.key(key);
    return this.#connection.transaction(() => {
      const value = this.#reads.get(checked);
      if (value === MISSING) return fallback;
      this.#entries.delete(checked);
      return value;
    });
  }

  /** Sets the key if it does not exist. Returns the value that is stored then. */
  setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Stored<V, A, E> {
    const checked = this.#keys.key(key);
    return this.#connection.transaction(() => {
      const found = this.#reads.get(checked);
      if (found !== MISSING) return found as Stored<V, A, E>;
      const stored = this.#codec.encode(value, key);
      this.#entries.set(checked, stored, this.#keys.expiry('setDefault', options));
      return this.#codec.decode(Buffer.from(stored), key) as Stored<V, A, E>;
    });
  }

  /** Sets all entries of an iterable of pairs, or of an object, in one transaction. */
  update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): void {
    this.setMany(pairsOf(entries), options);
  }

  /** Sets a key if it does not exist, also if other processes try to. Returns whether it was set. */
  setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): boolean {
    const checked = this.#keys.key(key);
    const stored = this.#codec.encode(value, key);
    return this.#atomic.setIfAbsent(checked, stored, this.#keys.expiry('setIfAbsent', options));
  }

  /** Returns a value with its version, for `compareAndSet`. A key that does not exist has a version too. */
  getWithVersion(key: Key): { value: Stored<V, A, E> | undefined; version: Version } {
    return this.#atomic.getWithVersion(this.#keys.key(key)) as { value: Stored<V, A, E> | undefined; version: Version };
  }

  /**
   * Sets a key if it has the version or the value that is expected; undefined expects that it does not exist. Without a
   * next value, the key is deleted. No other vault, thread or process comes between. Returns whether it was as expected.
   */
  compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): boolean {
    const checked = this.#keys.key(key);
    const stored = next === undefined ? undefined : this.#codec.encode(next, key);
    return this.#atomic.compareAndSet(checked, expected, stored, this.#keys.expiry('compareAndSet', options));
  }

  /**
   * Adds to the number that a key has, or to 0 if it does not exist, and returns the sum. No other vault, thread or
   * process comes between. The options are for a new entry: another one expires when it would have.
   */
  increment(key: Key, by?: number, options?: ExpiryOptions): number;
  increment(key: Key, by: bigint, options?: ExpiryOptions): bigint;
  increment(key: Key, by: number | bigint = 1, options?: ExpiryOptions): number | bigint {
    const checked = this.#keys.key(key);
    const amount = checkIncrement(by);
    const time = this.#keys.expiry('increment', options);
    return this.#atomic.increment(checked, amount, time);
  }

  /**
   * Has an entry expire at another time, counted from now; without options, after the `ttl` of the vault. Returns
   * whether it exists.
   */
  touch(key: Key, options?: ExpiryOptions): boolean {
    const checked = this.#keys.key(key);
    if (options === undefined && this.#keys.ttl === NEVER) {
      throw new InvalidArgument('touch expects ttl or expiresAt, since the vault has no ttl of its own');
    }
    return this.#entries.touch(checked, this.#keys.expiry('touch', options));
  }

  /**
   * Returns in how many milliseconds an entry expires: Infinity if it does not, and undefined if there is no such key.
   */
  ttlOf(key: Key): number | undefined {
    const time = this.#entries.timeOf(this.#keys.key(key));
    return time === undefined ? undefined : Math.max(0, time - Date.now());
  }

  /**
   * Removes all entries of the table that have expired. Nobody sees them anyway, and writes remove some of them each; a
   * call takes the space back at once. Returns how many there were.
   */
  purgeExpired(): number {
    return this.#entries.purgeExpired();
  }

  /** Returns the vault as an object: `view.a = 1; 'a' in view; delete view.a`. */
  asObject(): Record<string, Stored<V, A, E>> {
    return objectView(this as Viewed<Stored<V, A, E>>);
  }

  get #atomic(): AtomicEntries {
    return new AtomicEntries(this.#keys.table, this.#entries, this.#codec);
  }

  *#encoded(entries: (readonly [Key, Storable<V, A, E>])[]): Generator<StoredEntry> {
    for (const entry of entries) {
      checkPair(entry);
      const [key, value] = entry;
      yield { key: this.#keys.key(key), value: this.#codec.encode(value, key) };
    }
  }

  *#timed(entries: readonly (readonly [Key, Storable<V, A, E>, ExpiryOptions | undefined])[]): Generator<TimedEntry> {
    for (const [key, value, options] of entries) {
      const time = this.#keys.expiry('setMany', options);
      yield { key: this.#keys.key(key), value: this.#codec.encode(value, key), time };
    }
  }
}
