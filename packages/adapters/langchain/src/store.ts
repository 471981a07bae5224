import type { DatabaseSource } from '@kohakuvault/kvault';
import { KVault } from '@kohakuvault/kvault';
import { BaseStore } from '@langchain/core/stores';
import type { VaultSettings } from './vault-settings.ts';

export interface KVaultStoreOptions {
  /** The name of the table. Default 'langchain_store'. */
  table?: string | undefined;
  /** Settings of the vault and its connection. */
  vault?: VaultSettings | undefined;
}

/** A key-value store of LangChain for values of any kind: documents, messages, or the bytes of cached embeddings. */
// biome-ignore lint/suspicious/noExplicitAny: as in LangChain's stores.
export class KVaultStore<V = any> extends BaseStore<string, V> {
  override lc_namespace = ['kohakuvault', 'stores'];
  /** The vault below, for what LangChain does not have: ranges, transactions, backups. */
  readonly vault: KVault<V>;

  /** `source` is a path, or an open vault or `Database`, whose file then has the store too. */
  constructor(source: DatabaseSource, { table = 'langchain_store', vault }: KVaultStoreOptions = {}) {
    super();
    this.vault = new KVault<V>(source, { ...vault, table });
  }

  async mget(keys: string[]): Promise<(V | undefined)[]> {
    return this.vault.getMany(keys) as (V | undefined)[];
  }

  async mset(keyValuePairs: [string, V][]): Promise<void> {
    this.vault.setMany(keyValuePairs as Parameters<KVault<V>['setMany']>[0]);
  }

  async mdelete(keys: string[]): Promise<void> {
    this.vault.deleteMany(keys);
  }

  async *yieldKeys(prefix = ''): AsyncGenerator<string> {
    yield* this.vault.keys({ prefix });
  }

  /** Closes the vault. */
  close(): void {
    this.vault.close();
  }
}
