export { KVaultLevel, type KVaultLevelOptions } from './kvault-level.ts';
