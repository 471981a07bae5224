// write-sevens.mjs FILE: stores 7 in each kind of vault.
import { ColumnVault, KVault, VectorKVault } from 'kohakuvault';

const kv = new KVault(process.argv[2]);
kv.set('n', 7);
new ColumnVault(kv).column('fixed').set(0, 7);
new ColumnVault(kv).column('varying').set(0, '7');
new VectorKVault(kv, { dimensions: 2, metric: 'l2' }).update(1, { value: 7 });
kv.close();
