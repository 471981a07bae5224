// without-sqlite-vec.ts FILE: a process on a platform without sqlite-vec. Reports what works and what
// does not.
import { KohakuVaultError, VectorKVault } from '@kohakuvault/vector';

const [file = ''] = process.argv.slice(2);
const vault = new VectorKVault<string>(file, { dimensions: 4 });
// The core is loaded now; the first write would load sqlite-vec.
Object.defineProperty(process, 'platform', { value: 'plan9' });

function codeOf(call: () => unknown): string {
  try {
    call();
    return 'none';
  } catch (error) {
    return error instanceof KohakuVaultError ? `${error.code}: ${error.message}` : String(error);
  }
}

process.send?.({
  found: vault.search([1, 2, 3, 4]).map(({ value }) => value),
  again: vault.search([1, 2, 3, 4], 1).map(({ value }) => value),
  asynchronous: (await vault.searchAsync([1, 2, 3, 4], 1)).map(({ value }) => value),
  iterated: Array.from(vault, ([, , value]) => value),
  size: vault.size,
  insert: codeOf(() => vault.insert([1, 2, 3, 4], 'no')),
  remove: codeOf(() => vault.delete(1)),
  create: codeOf(() => new VectorKVault(vault, { table: 'another', dimensions: 4 })),
});
vault.close();
