import type { Database } from '@kohakuvault/core-native/internal/database';
import type { KVault } from '@kohakuvault/kvault';
import { expiryTimes } from '@kohakuvault/kvault/inspect';
import type { NeutralValues } from './neutral-values.ts';
import { refused } from './no-bytes.ts';
import { LONG_VALUE, type Shelf, type StoredItem, type WholeItem } from './side.ts';

type Stored = KVault<Buffer, 'bytes', false>;

/** The entries of one table of a file. With `neutral` its vault has values, and without it their stored bytes. */
export class FileDict implements Shelf {
  readonly #vault: KVault<unknown, 'bytes'>;
  readonly #database: Database;
  readonly #neutral: NeutralValues | undefined;

  constructor(vault: unknown, database: Database, neutral: NeutralValues | undefined) {
    this.#vault = vault as KVault<unknown, 'bytes'>;
    this.#database = database;
    this.#neutral = neutral;
  }

  async *items(): AsyncGenerator<StoredItem, void, undefined> {
    // A program may let an entry expire for the first time meanwhile, which the next pass sees.
    const timeOf = expiryTimes(this.#database, this.#vault.table);
    for (const key of this.#vault.keys()) {
      const { isThere, value, until } = timeOf
        ? this.#vault.snapshot(() => ({ ...this.#valueOf(key), until: timeOf(key) }))
        : { ...this.#valueOf(key), until: undefined };
      if (isThere) yield { key, value, until };
    }
  }

  async setMany(items: readonly WholeItem[]): Promise<void> {
    const [lasting, expiring] = [items.filter(({ until }) => until === undefined), items.filter(({ until }) => until)];
    const entryOf = ({ key, value }: WholeItem) => [key, this.#neutral ? this.#neutral.valueOf(value) : value] as const;
    this.#vault.transaction(() => {
      this.#vault.setMany(lasting.map(entryOf));
      for (const item of expiring) this.#vault.set(...entryOf(item), { expiresAt: item.until });
    });
  }

  addMany(items: readonly WholeItem[]): Promise<void> {
    return this.setMany(items);
  }

  async deleteMany(keys: readonly Buffer[]): Promise<void> {
    this.#vault.deleteMany(keys);
  }

  read(key: Buffer) {
    return this.#neutral ? refused() : this.#stored.createReadStream(key);
  }

  async put({ key, until }: StoredItem, source: ReturnType<Stored['createReadStream']>): Promise<void> {
    await this.#stored.putFile(key, source, until === undefined ? {} : { expiresAt: until });
  }

  async size(): Promise<number> {
    return this.#vault.size;
  }

  keyBeyond(bytes: number): Buffer | undefined {
    for (const key of this.#vault.keys()) if (key.length > bytes) return key;
    return undefined;
  }

  get #stored(): Stored {
    return this.#vault as unknown as Stored;
  }

  /** Others may delete it between two reads. */
  #valueOf(key: Buffer): { isThere: boolean; value: Buffer | undefined } {
    if (this.#neutral) {
      const value = this.#vault.get(key, MISSING);
      return value === MISSING
        ? { isThere: false, value: undefined }
        : { isThere: true, value: this.#neutral.bytesOf(value) };
    }
    const size = this.#stored.sizeOf(key);
    if (size === undefined) return { isThere: false, value: undefined };
    const value = size > LONG_VALUE ? undefined : this.#stored.get(key);
    // The row of a value in parts has another length than the value.
    return { isThere: true, value: value?.length === size ? value : undefined };
  }
}

const MISSING = Symbol('missing');
