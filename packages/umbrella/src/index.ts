export * from '@kohakuvault/columns';
// Ranges of KVault and of the ordered maps have one name and differ; the ordered one's is OrderedKeyRange here.
export type { KeyRange } from '@kohakuvault/kvault';
export * from '@kohakuvault/kvault';
export type { KeyRange as OrderedKeyRange } from '@kohakuvault/ordered';
export * from '@kohakuvault/ordered';
export * from '@kohakuvault/packer';
export * from '@kohakuvault/text';
export * from '@kohakuvault/vector';
// Each package has one for its own vaults.
export { asAsync } from './as-async.ts';
