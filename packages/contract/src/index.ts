export { type OnDatabase, UNDOINGS, type Undoing } from './harness/undoings.ts';
export type { Expiring, Runner, VaultKind, WriteCache } from './harness/vault-kind.ts';
export { type Closable, type ClosableKind, testClosable } from './test-closable.ts';
export { testVault } from './test-vault.ts';
