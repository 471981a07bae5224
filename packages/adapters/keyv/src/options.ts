import type { KVaultOptions } from '@kohakuvault/kvault';

export interface KeyvVaultOptions {
  /** The name of the table. Default 'keyv'. */
  table?: string | undefined;
  /** What keys begin with. A Keyv that has a namespace sets it. */
  namespace?: string | undefined;
  /** Settings of the vault and its connection, such as `valueEncoding` or `synchronous`. */
  vault?: Omit<KVaultOptions, 'table' | 'keyEncoding' | 'autoPack' | 'headers'> | undefined;
}
