import type { OptimizeOptions, OptimizeResult } from '@kohakuvault/core-native/database';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DatabaseSource, refuseSwitch } from '@kohakuvault/core-native/internal/database';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { registerFeatures } from './features.ts';
import { namedKeySpace } from './keys/key-space.ts';
import type { Key, KeyEncoding } from './keys/keys.ts';
import { LiveCalls } from './live-calls.ts';
import { type CompactOptions, checkCompactOptions, type KVaultOptions } from './options.ts';
import { checkSubOptions, type SubOptions } from './sub-options.ts';
import type { Entries } from './table/entries.ts';
import type { CacheStats } from './table/write-cache.ts';
import type { KeyedCodec } from './values/keyed-codec.ts';
import type { VaultKeys } from './vault-keys.ts';
import { Sublevel, setupOf, type VaultSetup } from './vault-parts.ts';

/**
 * A dict in one table of one SQLite file. `V` is the type of its values, anything by default; `K` is its `keyEncoding`,
 * which decides whether keys come back as strings or as Buffers. `A` is `autoPack`: with false, values are bytes. Give
 * `boolean` for a vault that switches. `E` is its `valueEncoding`: with 'utf8' values are strings, with 'binary' bytes,
 * and with a codec what that decodes.
 */
export class KVault<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  K extends KeyEncoding = 'utf8',
  A extends boolean = true,
  E extends ValueEncoding = ValueEncoding,
> extends LiveCalls<V, K, A, E> {
  readonly #setup: VaultSetup<K>;
  readonly #keys: VaultKeys<K>;
  readonly #codec: KeyedCodec;
  readonly #entries: Entries;
  readonly #options: KVaultOptions | undefined;

  constructor(source: DatabaseSource, options?: KVaultOptions<K, A, E>) {
    const setup = setupOf<K>(source, options);
    super(setup);
    this.#setup = setup;
    this.#keys = setup.keys;
    this.#codec = setup.codec;
    this.#entries = setup.entries;
    this.#options = options && { ...options };
  }

  /**
   * Returns the keys that begin with a name and a slash, as a vault whose keys do not have that: `sub('media')` calls
   * `media/a` in this vault `a`. It shares everything with this vault, its cache and its closing too.
   */
  sub<W = V>(name: Key, options?: SubOptions): KVault<W, K, A, E> {
    checkSubOptions(options);
    const space = namedKeySpace(name, this.#keys.space);
    const { ttl = this.#keys.ttl } = options ?? {};
    return vaultOf<W, K, A, E>(new Sublevel(this.#setup, space, ttl) as never, this.#options as never);
  }

  /** Closes the vault. Of a sublevel it does nothing: that is closed with the vault it was made from. */
  override close(): void {
    if (!this.#keys.space) super.close();
  }

  /** How much is pending; undefined while no cache is enabled. */
  get cacheStats(): CacheStats | undefined {
    return this.#entries.cache.stats;
  }

  /** Stores values of any kind, with headers. `structured: false` refuses those that Python cannot read. */
  enableAutoPack(options?: { structured?: boolean }): void {
    refuseSwitch('enableAutoPack', this.table, this.valueEncoding);
    this.#codec.enableAutoPack(options, () => registerFeatures(this.#setup.connection, 'headers_v1', 'auto_pack_v1'));
  }

  /** Takes only bytes from now on, and returns values as they are stored, headers included. */
  disableAutoPack(): void {
    refuseSwitch('disableAutoPack', this.table, this.valueEncoding);
    this.#codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#codec.autoPack;
  }

  enableHeaders(): void {
    refuseSwitch('enableHeaders', this.table, this.valueEncoding);
    registerFeatures(this.#setup.connection, 'headers_v1');
    this.#codec.headers = true;
  }

  disableHeaders(): void {
    refuseSwitch('disableHeaders', this.table, this.valueEncoding);
    this.#codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#codec.headers;
  }

  /** The name of the encoding of the values: 'auto', or what the file keeps. */
  get valueEncoding(): string {
    return this.#codec.encoding;
  }

  get table(): string {
    return this.#keys.table;
  }

  /**
   * Rewrites the table in one transaction so that its rows lie in the order of their keys: scans and ranges of a table
   * that was filled in another order then read neighbors. Returns how many rows were written, 0 if they lay so already.
   * The file keeps the space of the old rows until `optimize`.
   */
  compact(options?: CompactOptions): number {
    checkCompactOptions('compact', options);
    return this.#entries.putInKeyOrder();
  }

  /**
   * Refreshes the statistics that SQLite plans with, rewrites the file without its free pages, and moves the WAL into
   * it. With `maxMs` it does so in small steps, between which others write. With `order: 'keys'` it does `compact`
   * first. Returns what was done, and what is left.
   */
  override optimize(options?: OptimizeOptions & CompactOptions): OptimizeResult {
    const { order, ...others } = options ?? {};
    if (order === undefined) return super.optimize(options);
    checkCompactOptions('optimize', { order });
    if (others.maxMs !== undefined) {
      throw new InvalidArgument('optimize got order and maxMs; a table is put in order at once: leave out one of them');
    }
    if (this.#setup.connection.shared.database.inTransaction) return super.optimize(others);
    this.compact({ order });
    return super.optimize(others);
  }

  /** Deletes the table with all its values, and closes the vault. Refused while another vault has the table open. */
  dropTable(): void {
    this.#keys.refuseSublevel('dropTable', 'clear() deletes its entries');
    this.#entries.dropTable();
    this.close();
  }

  /**
   * Gives the table another name, which no table may have. Closes this vault, and returns one with the same options on
   * the table. Refused while another vault has the table open.
   */
  renameTable(name: string): KVault<V, K, A, E> {
    this.#keys.refuseSublevel('renameTable', 'rename the table by the vault that it was made from');
    this.#entries.renameTable(name);
    const renamed = vaultOf<V, K, A, E>(this, { ...(this.#options as KVaultOptions<K, A, E>), table: name });
    this.close();
    return renamed;
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function vaultOf<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  source: DatabaseSource,
  options: KVaultOptions<K, A, E>,
): KVault<V, K, A, E> {
  return new KVault<V, K, A, E>(source, options);
}
