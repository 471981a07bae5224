import { NotFound } from '@kohakuvault/core-native/internal';
import type { ExpiryOptions, Key, KeyEncoding, KeyOf, KeyRange, Storable, Stored } from '@kohakuvault/kvault';
import { ChangeSource, isRange, listOf, pairsOf, showKey, Version } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { withoutWrapper } from './packing.ts';
import type { Remote } from './remote.ts';

/** What stands for a key that does not exist: no vault returns it. */
const MISSING = '\u0000kohakuvault.missing';

/** The calls about the entries of a `KVault` in a thread of its own. */
export abstract class RemoteEntries<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends ChangeSource<KeyOf<K>, Stored<V, A, E>> {
  /** @internal */
  readonly remote: Remote;
  readonly table: string;

  /** @internal */
  constructor(remote: Remote, table: string) {
    super();
    this.remote = remote;
    this.table = table;
  }

  get(key: Key): Promise<Stored<V, A, E> | undefined>;
  get<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async get(key: Key, fallback?: unknown): Promise<unknown> {
    // The fallback stays here: it may be anything.
    const value = await this.remote.call('get', [key, MISSING]);
    return value === MISSING ? fallback : value;
  }

  async getOrThrow(key: Key): Promise<Stored<V, A, E>> {
    const value = await this.remote.call('get', [key, MISSING]);
    if (value === MISSING) throw new NotFound(`${this.table} has no key ${showKey(key)}`);
    return value as Stored<V, A, E>;
  }

  getMany(keys: Iterable<Key>): Promise<(Stored<V, A, E> | undefined)[]>;
  getMany(range: KeyRange): Promise<Stored<V, A, E>[]>;
  async getMany(keys: Iterable<Key> | KeyRange): Promise<(Stored<V, A, E> | undefined)[]> {
    const given = isRange(keys) ? keys : listOf('getMany', 'keys', keys);
    return (await this.remote.call('getMany', [given])) as (Stored<V, A, E> | undefined)[];
  }

  async has(key: Key): Promise<boolean> {
    return (await this.remote.call('has', [key])) as boolean;
  }

  async set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<void> {
    await this.remote.call('set', [key, withoutWrapper(value), options]);
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): Promise<number> {
    return (await this.remote.call('setMany', [packable('setMany', entries), options])) as number;
  }

  async delete(key: Key): Promise<boolean> {
    return (await this.remote.call('delete', [key])) as boolean;
  }

  async deleteMany(keys: Iterable<Key>): Promise<number> {
    return (await this.remote.call('deleteMany', [listOf('deleteMany', 'keys', keys)])) as number;
  }

  async deleteRange(range: KeyRange | Key): Promise<number> {
    return (await this.remote.call('deleteRange', [range])) as number;
  }

  async rename(from: Key, to: Key): Promise<void> {
    await this.remote.call('rename', [from, to]);
  }

  async clear(): Promise<void> {
    await this.remote.call('clear');
  }

  pop(key: Key): Promise<Stored<V, A, E> | undefined>;
  pop<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async pop(key: Key, fallback?: unknown): Promise<unknown> {
    const value = await this.remote.call('pop', [key, MISSING]);
    return value === MISSING ? fallback : value;
  }

  async setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<Stored<V, A, E>> {
    return (await this.remote.call('setDefault', [key, withoutWrapper(value), options])) as Stored<V, A, E>;
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): Promise<void> {
    await this.remote.call('setMany', [packable('update', pairsOf(entries)), options]);
  }

  async size(): Promise<number> {
    return (await this.remote.call('size')) as number;
  }

  async count(range?: KeyRange | Key): Promise<number> {
    return (await this.remote.call('count', [range])) as number;
  }

  async sizeOf(key: Key): Promise<number | undefined> {
    return (await this.remote.call('sizeOf', [key])) as number | undefined;
  }

  keys(range?: KeyRange | Key): AsyncGenerator<KeyOf<K>, void, undefined> {
    return this.remote.iterate('keys', [range]);
  }

  values(range?: KeyRange | Key): AsyncGenerator<Stored<V, A, E>, void, undefined> {
    return this.remote.iterate('values', [range]);
  }

  entries(range?: KeyRange | Key): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.remote.iterate('entries', [range]);
  }

  async toArray(range?: KeyRange | Key): Promise<[KeyOf<K>, Stored<V, A, E>][]> {
    return (await this.remote.call('toArray', [range])) as [KeyOf<K>, Stored<V, A, E>][];
  }

  [Symbol.asyncIterator](): AsyncGenerator<[KeyOf<K>, Stored<V, A, E>], void, undefined> {
    return this.entries();
  }

  async setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<boolean> {
    return (await this.remote.call('setIfAbsent', [key, withoutWrapper(value), options])) as boolean;
  }

  async getWithVersion(key: Key): Promise<{ value: Stored<V, A, E> | undefined; version: Version }> {
    const { value, version } = (await this.remote.call('getWithVersion', [key])) as { value: never; version: string };
    return { value, version: new Version(version) };
  }

  async compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): Promise<boolean> {
    const args = [key, withoutWrapper(expected), withoutWrapper(next), options];
    return (await this.remote.call('compareAndSet', args)) as boolean;
  }

  increment(key: Key, by?: number, options?: ExpiryOptions): Promise<number>;
  increment(key: Key, by: bigint, options?: ExpiryOptions): Promise<bigint>;
  async increment(key: Key, by?: number | bigint, options?: ExpiryOptions): Promise<number | bigint> {
    return (await this.remote.call('increment', [key, by, options])) as number | bigint;
  }

  async touch(key: Key, options?: ExpiryOptions): Promise<boolean> {
    return (await this.remote.call('touch', [key, options])) as boolean;
  }

  async ttlOf(key: Key): Promise<number | undefined> {
    return (await this.remote.call('ttlOf', [key])) as number | undefined;
  }

  async purgeExpired(): Promise<number> {
    return (await this.remote.call('purgeExpired')) as number;
  }
}

function packable(method: string, entries: Iterable<readonly [Key, unknown]>): unknown[] {
  return listOf(method, 'entries', entries).map((entry) => {
    if (!Array.isArray(entry) || entry.length !== 2) return entry;
    const value = withoutWrapper(entry[1]);
    return value === entry[1] ? entry : [entry[0], value];
  });
}
