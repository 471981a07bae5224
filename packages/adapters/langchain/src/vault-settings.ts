import type { KVaultOptions } from '@kohakuvault/kvault';

/** The settings of a vault and its connection that are left to the user. */
export type VaultSettings = Omit<KVaultOptions, 'table' | 'keyEncoding' | 'valueEncoding' | 'autoPack' | 'headers'>;
