import { type Connection, connectionOf } from './connection.ts';
import { Vault } from './vault.ts';
import type { CacheOptions, WriteBack } from './write-back.ts';

/** The write-back cache of a vault, or of a part of one. */
export interface Cached {
  /** Holds what is added from now on as pending writes, and flushes them together. */
  enableCache(options?: CacheOptions): void;
  /** Flushes the pending writes and ends the cache. */
  disableCache(): void;
  /** Flushes in one transaction. Returns how many entries or elements were pending. Does nothing inside `lockCache`. */
  flushCache(): number;
  /** Runs a body whose writes stay pending until its end, and flushes them then. The body may be asynchronous. */
  cache<R>(body: (owner: this) => R): R;
  /** Does the same with these settings, whatever others are enabled. */
  cache<R>(options: CacheOptions, body: (owner: this) => R): R;
}

/** A vault with a write-back cache. */
export abstract class CachedVault extends Vault implements Cached {
  readonly #cache: WriteBack;

  /** @internal */
  constructor(connection: Connection, cache: WriteBack) {
    super(connection);
    this.#cache = cache;
  }

  enableCache(options?: CacheOptions): void {
    this[connectionOf].assertOpen();
    this.#cache.enable(options);
  }

  disableCache(): void {
    this[connectionOf].assertOpen();
    this.#cache.disable();
  }

  flushCache(): number {
    this[connectionOf].assertOpen();
    return this.#cache.flush();
  }

  cache<R>(body: (vault: this) => R): R;
  cache<R>(options: CacheOptions, body: (vault: this) => R): R;
  cache<R>(first: CacheOptions | ((vault: this) => R), second?: (vault: this) => R): R {
    this[connectionOf].assertOpen();
    return this.#cache.scope(this, first, second);
  }

  /** Runs a body during which nothing pending is flushed. The body may be asynchronous. */
  lockCache<R>(body: () => R): R {
    this[connectionOf].assertOpen();
    return this.#cache.lock(body);
  }
}
