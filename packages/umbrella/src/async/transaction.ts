import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ExpiryOptions, Key, KeyEncoding, KeyOf, KeyRange, Storable, Stored, Version } from '@kohakuvault/kvault';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { Later } from './later.ts';
import { RemoteKVault } from './remote-kvault.ts';
import { remoteOf } from './remote-object.ts';
import { TransactionSteps } from './transaction-steps.ts';

/** The calls of a dict in a transaction. */
export interface KVaultSteps<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding> {
  get(key: Key): Later<Stored<V, A, E> | undefined>;
  getOrThrow(key: Key): Later<Stored<V, A, E>>;
  getMany(keys: readonly Key[] | KeyRange): Later<(Stored<V, A, E> | undefined)[]>;
  has(key: Key): Later<boolean>;
  set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Later<void>;
  setMany(entries: readonly (readonly [Key, Storable<V, A, E>])[], options?: ExpiryOptions): Later<number>;
  setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Later<Stored<V, A, E>>;
  setIfAbsent(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Later<boolean>;
  compareAndSet(
    key: Key,
    expected: Version | Storable<V, A, E> | undefined,
    next: Storable<V, A, E> | undefined,
    options?: ExpiryOptions,
  ): Later<boolean>;
  increment(key: Key, by?: number, options?: ExpiryOptions): Later<number>;
  touch(key: Key, options?: ExpiryOptions): Later<boolean>;
  delete(key: Key): Later<boolean>;
  deleteMany(keys: readonly Key[]): Later<number>;
  deleteRange(range: KeyRange | Key): Later<number>;
  rename(from: Key, to: Key): Later<void>;
  clear(): Later<void>;
  pop(key: Key): Later<Stored<V, A, E> | undefined>;
  size(): Later<number>;
  count(range?: KeyRange | Key): Later<number>;
  sizeOf(key: Key): Later<number | undefined>;
  toArray(range?: KeyRange | Key): Later<[KeyOf<K>, Stored<V, A, E>][]>;
}

/** The calls of any other vault, or of a column, in a transaction. */
export type StepsOf<T> = {
  [N in keyof T as N extends string ? N : never]: T[N] extends (...args: infer A) => Promise<infer R>
    ? (...args: A) => Later<R>
    : never;
};

/** A transaction of a store in another thread: the calls of its vaults, as steps. */
export class StoreTransaction extends TransactionSteps {
  /** Returns the calls of a vault, or of a column, of the store. They return what stands for their results. */
  on<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
    vault: RemoteKVault<V, K, A, E>,
  ): KVaultSteps<V, K, A, E>;
  on<T extends object>(object: T): StepsOf<T>;
  on(object: object): unknown {
    const remote = object instanceof RemoteKVault ? object.remote : remoteOf(object);
    if (!remote) {
      throw new InvalidArgument(`on expects a vault or a column of this store, got ${describe(object)}`);
    }
    return new Proxy(
      {},
      {
        get: (_, name) => {
          if (typeof name === 'symbol' || name === 'then') return undefined;
          return (...args: unknown[]) => this.add(remote, name, args);
        },
      },
    );
  }
}
