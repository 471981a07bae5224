// Stores a value, and is killed meanwhile.
import { writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';

const [file = '', way = '', size = '0', maxBlobBytes] = process.argv.slice(2);
const vault = new KVault(file, maxBlobBytes === undefined ? {} : { maxBlobBytes: Number(maxBlobBytes) });
const bytes = Buffer.alloc(Number(size), 'new');
const die = () => process.kill(process.pid, 'SIGKILL');

function* dying(): Generator<Buffer> {
  yield bytes.subarray(0, bytes.length / 2);
  die();
}

const onProgress = (done: number) => {
  if (done >= bytes.length / 2) die();
};

switch (way) {
  case 'path':
    writeFileSync(`${file}.source`, bytes);
    await vault.putFile('key', `${file}.source`, { onProgress });
    break;
  case 'bytes':
    await vault.putFile('key', bytes, { onProgress });
    break;
  case 'hangs': {
    // In a worker, which is terminated meanwhile.
    const stream = vault.createWriteStream('key');
    stream.write(bytes, () => parentPort?.postMessage('written'));
    await new Promise(() => setInterval(() => {}, 1_000));
    break;
  }
  case 'iterable':
    await vault.putFile('key', dying());
    break;
  case 'write stream': {
    const stream = vault.createWriteStream('key');
    stream.write(bytes, () => die());
    await new Promise(() => {});
  }
}
