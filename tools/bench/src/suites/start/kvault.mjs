const start = performance.now();
const { KVault } = await import('@kohakuvault/kvault');
const vault = new KVault(process.argv[2]);
if (vault.get('key:500')?.length !== 100) throw new Error('not found');
console.log((performance.now() - start) * 1e6);
vault.close();
