// Streams a long value in or out in one way, and prints the most memory that this took, in MiB.
import { closeSync, createWriteStream, openSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KVault } from '@kohakuvault/kvault';

const MiB = 1024 * 1024;
const [file = '', way = '', size = '0'] = process.argv.slice(2);
const chunk = Buffer.alloc(MiB, 'memory');
const count = Number(size) / MiB;

const source = `${file}.source`;
const descriptor = openSync(source, 'w');
for (let index = 0; index < count; index++) writeSync(descriptor, chunk);
closeSync(descriptor);

function* chunks(): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield chunk;
}

const vault = new KVault(file, way.startsWith('parts') ? { maxBlobBytes: 20 * MiB } : {});
await vault.putFile('warm', Buffer.alloc(9 * MiB));
// Reading needs a value that was written before; that is not measured.
if (way === 'parts, read' || way === 'read stream' || way === 'file' || way === 'writable')
  await vault.putFile('key', source);
// If a value is in parts, there are triggers that check each value written.
if (way === 'beside parts') {
  const parts = new KVault(vault, { maxBlobBytes: MiB });
  parts.set('parts', Buffer.alloc(2 * MiB));
  parts.close();
  vault.set('key', 1);
}
globalThis.gc?.();
const before = process.memoryUsage.rss();
let most = 0;
const look = () => {
  most = Math.max(most, process.memoryUsage.rss());
};

const ways: Record<string, () => unknown> = {
  path: () => vault.putFile('key', source, { onProgress: look }),
  'beside parts': () => vault.putFile('key', source, { onProgress: look }),
  parts: () => vault.putFile('key', source, { onProgress: look }),
  'parts, read': async () => {
    for await (const _ of vault.createReadStream('key')) look();
  },
  iterable: () => vault.putFile('key', chunks(), { onProgress: look }),
  'write stream': () => pipeline(Readable.from(chunks()), vault.createWriteStream('key', { onProgress: look })),
  'read stream': async () => {
    for await (const _ of vault.createReadStream('key')) look();
  },
  file: () => vault.getToFile('key', `${file}.target`, { onProgress: look }),
  writable: () => vault.getToFile('key', createWriteStream(`${file}.target`), { onProgress: look }),
};

const timer = setInterval(look, 5);
await ways[way]?.();
look();
clearInterval(timer);
vault.close();
console.log(Math.round((most - before) / MiB));
