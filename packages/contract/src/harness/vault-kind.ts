import type {
  CacheOptions,
  ConnectionOptions,
  Database,
  DatabaseSource,
  Vault,
} from '@kohakuvault/core-native/database';

/** The functions of a test runner that the contract uses: those of vitest, `node:test`, jest and mocha fit. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => void | Promise<void>): unknown;
}

/** The methods of a write-back cache. */
export interface WriteCache {
  enableCache(options?: CacheOptions): void;
  disableCache(): void;
  flushCache(): number;
  cache<T>(options: CacheOptions, body: () => T): T;
  lockCache?<T>(body: () => T): T;
}

/** Settings of a cache that flushes only when a call asks for it. */
export const HOLD: CacheOptions = { autoFlush: false };

/** How the items of a vault expire. Times are milliseconds since 1970, and Infinity means never. */
export interface Expiring<V extends Vault = Vault> {
  /** Adds an item, or writes it again, so that it expires at a time. */
  write(vault: V, item: number, expiresAt: number): void;
  /** Has an item expire at another time. Returns whether it was there. */
  touch(vault: V, item: number, expiresAt: number): boolean;
  /** Removes the items that have expired. Returns how many they were. */
  purge(vault: V): number;
}

/**
 * A kind of vault, as the contract sees it: a set of items, each known by a whole number from 0 to 9,999. The contract
 * never adds an item that is there already, and never removes one that is not.
 */
export interface VaultKind<V extends Vault = Vault> {
  /** The name of the kind in the names of the tests. */
  readonly name: string;
  /** Opens a vault with the given options and those that make it one of this kind. Writes no item. */
  open(source: DatabaseSource, options?: ConnectionOptions): V;
  /** Adds an item. Whatever the vault needs for that, such as a column, it creates here. */
  write(vault: V, item: number): void;
  /** Removes an item. */
  remove(vault: V, item: number): void;
  /** Returns all items, in any order. A vault to which nothing was written has none. */
  read(vault: V): number[];
  /** Other ways to add an item, by name. */
  readonly writes?: Readonly<Record<string, (vault: V, item: number) => void>>;
  /** Other ways to add an item, by name, which write it past every cache. */
  readonly directWrites?: Readonly<Record<string, (vault: V, item: number) => void>>;
  /** Other ways to read all items, by name. */
  readonly reads?: Readonly<Record<string, (vault: V) => number[]>>;
  /** Calls that `InvalidArgument` refuses, by name. Item 1 is in the vault. */
  readonly refused?: Readonly<Record<string, (vault: V) => unknown>>;
  /** The ordinary tables that `write` inserts into or updates. */
  readonly tables: readonly string[];
  /** The write-back caches of the vault that hold what `write` adds, by name. */
  readonly caches?: Readonly<Record<string, (vault: V) => WriteCache>>;
  /** How items expire, if the vault has that. */
  readonly expiry?: Expiring<V>;
  /** The class of the `Database` objects that a user would pass. Default: better-sqlite3's. */
  readonly Database?: new (
    file: string,
    options?: { readonly?: boolean; timeout?: number },
  ) => Database;
  /**
   * The URL of a module that Node can import in a worker thread as it is. It exports `kinds`, an array with this kind.
   * Without it, worker threads are not tested.
   */
  readonly module?: string;
}
