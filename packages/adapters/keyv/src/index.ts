export { createKeyv, KeyvVault } from './keyv-vault.ts';
export type { KeyvVaultOptions } from './options.ts';
