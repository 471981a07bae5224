// A worker thread that searches by fields and writes some. Its data is the path of the file.
import { parentPort, workerData } from 'node:worker_threads';
import { VectorKVault } from '@kohakuvault/vector';

const vault = new VectorKVault<string>(workerData, { dimensions: 2, metric: 'l2' });
const found = vault.search([0, 0], { where: { author: 'Ada' } }).map(({ value }) => value);
const id = vault.insert([9, 9], 'w', { author: 'Wu', year: 7 });
const fields = vault.fields(id);
vault.close();
parentPort?.postMessage({ found, fields });
