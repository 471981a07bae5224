// worker.ts FILE NAME COUNT: a thread that inserts and searches while others do, and reports what it inserted.
import { parentPort } from 'node:worker_threads';
import { VectorKVault } from '@kohakuvault/vector';

const [file = '', name = '', count = '0'] = process.argv.slice(2);
const vault = new VectorKVault<string>(file, { dimensions: 8, metric: 'l2' });
const ids: bigint[] = [];
for (let index = 0; index < Number(count); index++) {
  const vector = [name.charCodeAt(0), index, 0, 0, 0, 0, 0, 1];
  ids.push(vault.insert(vector, `${name} ${index}`));
  const [nearest] = vault.search(vector, 1);
  if (nearest?.value !== `${name} ${index}`) throw new Error(`${name} ${index} was not found: ${nearest?.value}`);
  const asynchronous = (await vault.searchAsync(vector, 1))[0];
  if (asynchronous?.value !== nearest.value) throw new Error(`${name} ${index} was not found off the loop`);
}
vault.close();
parentPort?.postMessage(ids);
