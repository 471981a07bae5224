export { KVaultRecordManager, type KVaultRecordManagerOptions } from './record-manager.ts';
export { KVaultStore, type KVaultStoreOptions } from './store.ts';
export { type VaultFilter, VaultVectorStore, type VaultVectorStoreOptions } from './vector-store.ts';
