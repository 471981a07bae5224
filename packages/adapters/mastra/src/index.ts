export { VaultVector, type VaultVectorOptions } from './vault-vector.ts';
