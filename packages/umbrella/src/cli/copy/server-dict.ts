import type { Readable } from 'node:stream';
import type { PostgresKVault } from '@kohakuvault/postgres';
import { LARGEST_KEY, storedEntries } from '@kohakuvault/postgres/internal';
import type { NeutralValues } from './neutral-values.ts';
import { refused } from './no-bytes.ts';
import { LONG_VALUE, type Shelf, type StoredItem, type WholeItem } from './side.ts';

/** The entries of one dict of a server. With `neutral` its vault has values, and without it their stored bytes. */
export class ServerDict implements Shelf {
  readonly longestKey = LARGEST_KEY;
  readonly #vault: PostgresKVault<unknown, 'bytes', boolean>;
  readonly #neutral: NeutralValues | undefined;

  constructor(vault: PostgresKVault<unknown, 'bytes', boolean>, neutral: NeutralValues | undefined) {
    this.#vault = vault;
    this.#neutral = neutral;
  }

  async *items(): AsyncGenerator<StoredItem, void, undefined> {
    const stored = this.#vault[storedEntries];
    for await (const item of stored.rows()) {
      if (!this.#neutral) {
        yield { ...item, value: item.value && item.value.length > LONG_VALUE ? undefined : item.value };
        continue;
      }
      const { key, value, until } = item;
      const decoded = value ? await stored.decode(value, key) : await this.#vault.get(key, MISSING);
      // A long value may be deleted before it is its turn.
      if (decoded !== MISSING) yield { key, value: this.#neutral.bytesOf(decoded), until };
    }
  }

  async setMany(items: readonly WholeItem[]): Promise<void> {
    await this.#vault[storedEntries].put(await this.#encoded(items));
  }

  async addMany(items: readonly WholeItem[]): Promise<void> {
    await this.#vault[storedEntries].add(await this.#encoded(items));
  }

  deleteMany(keys: readonly Buffer[]): Promise<unknown> {
    return this.#vault.deleteMany(keys);
  }

  read(key: Buffer): Readable {
    return this.#neutral ? refused() : this.#vault.createReadStream(key);
  }

  put({ key, until }: StoredItem, source: Readable): Promise<unknown> {
    return this.#vault.putFile(key, source, until === undefined ? {} : { expiresAt: until });
  }

  size(): Promise<number> {
    return this.#vault.size();
  }

  async #encoded(items: readonly WholeItem[]): Promise<readonly WholeItem[]> {
    const neutral = this.#neutral;
    if (!neutral) return items;
    const encoded = await this.#vault[storedEntries].encode(
      items.map(({ key, value }) => [key, neutral.valueOf(value)]),
    );
    return items.map((item, nth) => ({ ...item, value: encoded[nth] as Buffer }));
  }
}

const MISSING = Symbol('missing');
