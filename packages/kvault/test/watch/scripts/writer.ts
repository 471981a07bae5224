// writer.ts FILE NAME COUNT: sets keys, each in a transaction of its own, in a process or in a worker thread.
import { parentPort } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';

const [file = '', name = '', count = '0'] = process.argv.slice(2);
{
  using vault = new KVault(file);
  for (let nth = 0; nth < Number(count); nth++) vault.set(`${name} ${nth}`, nth);
}
parentPort?.postMessage('done');
process.send?.('done');
