// writer.ts FILE NAME ENCODING SHAPES: writes rows of many shapes, as a process or a worker thread. Other writers make
// the same shapes at the same time.
import { parentPort } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';

const [file = '', name = '', encoding = '', shapes = '0'] = process.argv.slice(2);
using vault = new KVault(file, { valueEncoding: encoding as 'msgpack', busyTimeout: 60_000 });

for (let shape = 0; shape < Number(shapes); shape++) {
  // Each writer begins elsewhere, so that all orders occur.
  const nth = (shape * 7 + name.length * 13) % Number(shapes);
  for (let row = 0; row < 3; row++) {
    vault.set(`${name} ${nth} ${row}`, { [`shape ${nth}`]: nth, row, writer: name, more: { [`inner ${nth}`]: row } });
  }
}
if (parentPort) parentPort.postMessage('done');
else process.send?.('done');
