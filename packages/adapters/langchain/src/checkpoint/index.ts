export { KVaultSaver, type KVaultSaverOptions } from './saver.ts';
