// Writes without end, until the thread is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';

const vault = new KVault(workerData as string, { driver: 'node:sqlite' });
vault.enableCache();
for (let count = 0; ; count++) {
  vault.transaction(() => vault.set(`key ${count % 100}`, count));
  if (count === 50) parentPort?.postMessage('busy');
}
