import type { DatabaseSource } from '@kohakuvault/kvault';
import type { KeyvVaultOptions } from './options.ts';
import { VaultStore } from './store.ts';

export type { KeyvVaultOptions } from './options.ts';

/** An entry of Keyv 5, which says how long a value lives, in milliseconds. */
export interface LivingEntry {
  key: string;
  // biome-ignore lint/suspicious/noExplicitAny: Keyv takes any value.
  value: any;
  ttl?: number;
}

/**
 * A storage adapter for Keyv 5, which cache-manager 7 uses. Keyv 5 itself puts the namespace before each key. Values
 * that expire are removed from the file.
 */
export class KeyvVault extends VaultStore {
  namespace: string | undefined;
  /** Keyv 5 offers its iterator only over the dialects that it knows. */
  // biome-ignore lint/suspicious/noExplicitAny: the options of any store.
  opts: any = { dialect: 'sqlite' };

  constructor(source: DatabaseSource, options: KeyvVaultOptions = {}) {
    super(source, options);
    this.namespace = options.namespace;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in Keyv.
  async get(key: string): Promise<any> {
    return this.vault.get(key);
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in Keyv.
  async getMany(keys: string[]): Promise<any[]> {
    return this.vault.getMany(keys);
  }

  async has(key: string): Promise<boolean> {
    return this.vault.has(key);
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return this.hasEach(keys);
  }

  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    this.writeOne(key, value, timeAfter(ttl, Date.now()));
    return true;
  }

  async setMany(entries: LivingEntry[]): Promise<void> {
    // One time for all, so that those that live equally long are one call.
    const now = Date.now();
    this.write(entries.map(({ key, value, ttl }) => ({ key, value, expiresAt: timeAfter(ttl, now) })));
  }

  async delete(key: string): Promise<boolean> {
    return this.vault.delete(key);
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    return this.vault.deleteMany(keys) > 0;
  }

  async clear(): Promise<void> {
    this.clearPrefix(this.namespace ? `${this.namespace}:` : '');
  }

  /** Yields the entries of a namespace, with keys as they are stored. */
  async *iterator(namespace = this.namespace): AsyncGenerator<[string, unknown], void> {
    yield* this.vault.entries({ prefix: namespace ? `${namespace}:` : '' });
  }
}

/** Returns when a value expires. Keyv takes 0 for "never". */
function timeAfter(ttl: number | undefined, now: number): number | undefined {
  return ttl ? now + ttl : undefined;
}
