export { SessionVault } from './express.ts';
export type { SessionVaultOptions } from './session-table.ts';
