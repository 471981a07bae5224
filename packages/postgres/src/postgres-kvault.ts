import { InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  type AsyncKVault,
  checkDeleteRange,
  checkPair,
  checkSubOptions,
  type ExpiryOptions,
  isRange,
  type Key,
  type KeyEncoding,
  type KeyRange,
  listOf,
  namedKeySpace,
  pairsOf,
  type Storable,
  type Stored,
  type SubOptions,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { dropEntryTables } from './kvault/entry-sql.ts';
import { keyId } from './kvault/keys.ts';
import type { VaultContext } from './kvault/vault-context.ts';
import { CopiedEntries } from './methods/copied-entries.ts';
import { LivingMethods } from './methods/living-methods.ts';
import { OwnEntries, type Sublevel } from './methods/own-entries.ts';

/** The method for those who copy a vault. */
export const storedEntries = Symbol('kohakuvault.stored entries');

/** A dict in tables of a PostgreSQL server. See `AsyncKVault` for what its calls do. */
export class PostgresKVault<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    K extends KeyEncoding = 'utf8',
    A extends boolean = true,
    E extends ValueEncoding = ValueEncoding,
  >
  extends LivingMethods<V, K, A, E>
  implements AsyncKVault<V, K, A, E>
{
  /** @internal */
  constructor(context: VaultContext, sublevel?: Sublevel) {
    super(new OwnEntries<V, K, A, E>(context, sublevel));
  }

  get(key: Key): Promise<Stored<V, A, E> | undefined>;
  get<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async get(key: Key, fallback?: unknown): Promise<unknown> {
    const stored = await this.own.stored(key);
    return stored === undefined ? fallback : this.own.value(stored, key);
  }

  async getOrThrow(key: Key): Promise<Stored<V, A, E>> {
    const stored = await this.own.stored(key);
    if (stored === undefined) throw this.own.missing(key);
    return this.own.value(stored, key);
  }

  getMany(keys: Iterable<Key>): Promise<(Stored<V, A, E> | undefined)[]>;
  getMany(range: KeyRange): Promise<Stored<V, A, E>[]>;
  async getMany(keys: Iterable<Key> | KeyRange): Promise<(Stored<V, A, E> | undefined)[]> {
    if (isRange(keys)) {
      const resolved = this.own.range(keys);
      const { reads, executor } = await this.own.ready();
      const entries = await reads.entries(executor, resolved);
      return await this.own.read(() => entries.map(({ key, value }) => this.own.decode(value, key)));
    }
    const wanted = listOf('getMany', 'keys', keys).map((key) => this.own.key(key));
    const { reads, executor } = await this.own.ready();
    const found = await reads.getMany(executor, wanted);
    return await this.own.read(() =>
      wanted.map((key) => {
        const stored = found.get(keyId(key));
        return stored && this.own.decode(stored, key);
      }),
    );
  }

  async has(key: Key): Promise<boolean> {
    const bytes = this.own.key(key);
    const { reads, executor } = await this.own.ready();
    return await reads.has(executor, bytes);
  }

  async set(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<void> {
    const life = this.own.lifeOf('set', options);
    const { isReady, hasStructures } = this.own.context;
    // At once, if there is nothing to wait for.
    const { key: bytes, value: stored } =
      isReady && !hasStructures
        ? this.own.encode(key, value)
        : await this.own.written(() => this.own.encode(key, value));
    await this.own.context.writes.set(this.own.context.executor, { key: bytes, value: stored, life });
    if (life) this.own.context.purges.beside();
  }

  async setMany(entries: Iterable<readonly [Key, Storable<V, A, E>]>, options?: ExpiryOptions): Promise<number> {
    const life = this.own.lifeOf('setMany', options);
    const list = listOf('setMany', 'entries', entries);
    const encoded = await this.own.written(() =>
      list.map((entry) => {
        checkPair(entry);
        return this.own.encode(...entry);
      }),
    );
    await this.own.context.writes.setMany(this.own.context.executor, encoded, life);
    if (life) this.own.context.purges.beside();
    return list.length;
  }

  async delete(key: Key): Promise<boolean> {
    const bytes = this.own.key(key);
    const { writes, executor } = await this.own.ready();
    return await writes.delete(executor, bytes);
  }

  async deleteMany(keys: Iterable<Key>): Promise<number> {
    const list = listOf('deleteMany', 'keys', keys).map((key) => this.own.key(key));
    const { writes, executor } = await this.own.ready();
    return await writes.deleteMany(executor, list);
  }

  async deleteRange(range: KeyRange | Key): Promise<number> {
    checkDeleteRange(range);
    const resolved = this.own.range(range);
    const { writes, executor } = await this.own.ready();
    return await writes.deleteRange(executor, resolved);
  }

  async rename(from: Key, to: Key): Promise<void> {
    const [source, target] = [this.own.key(from), this.own.key(to)];
    const { writes, executor } = await this.own.ready();
    if (!(await writes.rename(executor, source, target))) throw this.own.missing(from);
  }

  async clear(): Promise<void> {
    const { writes, executor } = await this.own.ready();
    if (this.own.space) await writes.deleteRange(executor, this.own.range(undefined));
    else await writes.clear(executor);
  }

  pop(key: Key): Promise<Stored<V, A, E> | undefined>;
  pop<D>(key: Key, fallback: D): Promise<Stored<V, A, E> | D>;
  async pop(key: Key, fallback?: unknown): Promise<unknown> {
    const bytes = this.own.key(key);
    const { writes, executor } = await this.own.ready();
    const stored = await writes.pop(executor, bytes);
    return stored === undefined ? fallback : await this.own.read(() => this.own.decode(stored, key));
  }

  async setDefault(key: Key, value: Storable<V, A, E>, options?: ExpiryOptions): Promise<Stored<V, A, E>> {
    const life = this.own.lifeOf('setDefault', options);
    const entry = await this.own.written(() => this.own.encode(key, value));
    const stored = await this.own.context.writes.setDefault(this.own.context.executor, { ...entry, life });
    return await this.own.read(() => this.own.decode(stored, key));
  }

  async update(
    entries: Iterable<readonly [Key, Storable<V, A, E>]> | Record<string, Storable<V, A, E>>,
    options?: ExpiryOptions,
  ): Promise<void> {
    await this.setMany(pairsOf(entries), options);
  }

  sub<W = V>(name: Key, options?: SubOptions): PostgresKVault<W, K, A, E> {
    checkSubOptions(options);
    const space = namedKeySpace(name, this.own.space);
    return vaultOf<W, K, A, E>(this.own.context, { space, ttl: options?.ttl ?? this.own.ttl });
  }

  async sizeOf(key: Key): Promise<number | undefined> {
    const bytes = this.own.key(key);
    const { reads, executor, codec } = await this.own.ready();
    const measured = await reads.measure(executor, bytes);
    return measured && measured.size - codec.headerLength(measured.first);
  }

  /** @internal Reads and writes entries as they are stored, for those who copy them. */
  get [storedEntries](): CopiedEntries {
    return new CopiedEntries(this.own as unknown as OwnEntries<unknown, KeyEncoding, boolean, ValueEncoding>);
  }

  /** Deletes the tables of the vault with its values, and closes it. */
  async dropTable(): Promise<void> {
    if (this.own.space) {
      throw new InvalidArgument(
        'dropTable concerns a whole table, and this is a sublevel; clear() deletes its entries',
      );
    }
    const { catalog, executor, table } = await this.own.ready();
    await catalog.remove(executor, table, (session) => dropEntryTables(session, catalog, table));
    await this.close();
  }

  /** Closes the vault. Of a sublevel it does nothing: that is closed with the vault it was made from. */
  async close(): Promise<void> {
    if (!this.own.space) await this.own.context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function vaultOf<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  context: VaultContext,
  sublevel: Sublevel,
): PostgresKVault<V, K, A, E> {
  return new PostgresKVault<V, K, A, E>(context, sublevel);
}
