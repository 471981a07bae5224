import type { EventEmitter } from 'node:events';
import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DatabaseSource } from '@kohakuvault/kvault';
import {
  Keyv,
  type KeyvStorageAdapter,
  type KeyvStorageCapability,
  type KeyvStorageEntry,
  type KeyvStorageGetResult,
  keyvStorageCapability,
} from 'keyv';
import type { KeyvVaultOptions } from './options.ts';
import { VaultStore } from './store.ts';

/** What stands between a namespace and a key, as in Keyv's own adapters. */
const SEPARATOR = '::';

/** 1973 in milliseconds: Keyv 5 passes how long a value lives instead of when it expires. */
const LEAST_TIME = 100_000_000_000;

/** A storage adapter for Keyv 6. Values that expire are removed from the file. */
export class KeyvVault extends VaultStore implements Omit<KeyvStorageAdapter, keyof EventEmitter> {
  namespace: string | undefined;

  constructor(source: DatabaseSource, options: KeyvVaultOptions = {}) {
    super(source, options);
    this.namespace = options.namespace;
  }

  get capabilities(): KeyvStorageCapability {
    return keyvStorageCapability(this);
  }

  async get<Value>(key: string): Promise<KeyvStorageGetResult<Value>> {
    return this.vault.get(this.#whole(key));
  }

  async getMany<Value>(keys: string[]): Promise<KeyvStorageGetResult<Value | undefined>[]> {
    return this.vault.getMany(keys.map((key) => this.#whole(key)));
  }

  async has(key: string): Promise<boolean> {
    return this.vault.has(this.#whole(key));
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return this.hasEach(keys.map((key) => this.#whole(key)));
  }

  async set(key: string, value: unknown, expires?: number): Promise<boolean> {
    this.writeOne(this.#whole(key), value, timeOf(expires));
    return true;
  }

  async setMany<Value>(entries: KeyvStorageEntry<Value>[]): Promise<boolean[]> {
    this.write(
      entries.map(({ key, value, expires }) => ({ key: this.#whole(key), value, expiresAt: timeOf(expires) })),
    );
    return entries.map(() => true);
  }

  async delete(key: string): Promise<boolean> {
    return this.vault.delete(this.#whole(key));
  }

  async deleteMany(keys: string[]): Promise<boolean[]> {
    return this.deleteEach(keys.map((key) => this.#whole(key)));
  }

  async clear(): Promise<void> {
    this.clearPrefix(this.#whole(''));
  }

  async *iterator<Value>(): AsyncGenerator<(string | Awaited<Value> | undefined)[], void> {
    const prefix = this.#whole('');
    for (const [key, value] of this.vault.entries({ prefix })) yield [key.slice(prefix.length), value];
  }

  #whole(key: string): string {
    return this.namespace ? `${this.namespace}${SEPARATOR}${key}` : key;
  }
}

/** Returns a Keyv on a file whose values keep their types: dates, maps, sets, bigints and bytes too. */
export function createKeyv<Value = unknown>(source: DatabaseSource, options: KeyvVaultOptions = {}): Keyv<Value> {
  const store = new KeyvVault(source, options);
  return new Keyv<Value>({ store, serialization: false, ...(options.namespace && { namespace: options.namespace }) });
}

function timeOf(expires: number | undefined): number | undefined {
  if (expires === undefined || expires === null) return undefined;
  if (typeof expires === 'number' && expires >= LEAST_TIME) return expires;
  throw new InvalidArgument(
    `expires is ${describe(expires)}; expected milliseconds since 1970. ` +
      "Keyv 5 passes how long a value lives: import KeyvVault from '@kohakuvault/keyv/v5' for it",
  );
}
