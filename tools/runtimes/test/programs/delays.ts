// delays.ts FOLDER: how long each call keeps the event loop of this process from turning. Prints JSON: milliseconds.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';

const folder = process.argv[2] as string;
const DIMENSIONS = 128;
const MiB = 1024 * 1024;

const vault = new KVault(join(folder, 'vault.db'));
const vectors = new VectorKVault<number>(vault, { dimensions: DIMENSIONS });
const source = join(folder, 'source');
writeFileSync(source, Buffer.alloc(64 * MiB, 'KohakuVault'));
const entries = Array.from({ length: 100_000 }, (_, index) => [`key ${index}`, Buffer.alloc(100, index)] as const);
const vectorOf = (seed: number) => Float32Array.from({ length: DIMENSIONS }, (_, at) => Math.sin(seed * 31 + at * 7));
for (let from = 0; from < 50_000; from += 10_000) {
  vectors.insertMany(Array.from({ length: 10_000 }, (_, index) => [vectorOf(from + index), index] as const));
}

/** Returns the longest time between two turns of the event loop while the work goes on. */
async function longestTurn(work: () => unknown): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  await work();
  isOver = true;
  await watching;
  return Math.round(longest);
}

const CALLS: Record<string, () => unknown> = {
  'nothing, for 200 ms': () => new Promise((resolve) => setTimeout(resolve, 200)),
  'setMany of 100,000 entries of 100 bytes': () => vault.setMany(entries),
  'the first searchAsync of 50,000 vectors': () => vectors.searchAsync(vectorOf(1), 10),
  'the first search of 50,000 vectors': () => vectors.search(vectorOf(2), 10),
  'the next search': () => vectors.search(vectorOf(3), 10),
  'putFile of 64 MiB': () => vault.putFile('file', source),
  'getToFile of 64 MiB': () => vault.getToFile('file', join(folder, 'target')),
  'PRAGMA integrity_check': () => vault.database.pragma('integrity_check'),
  'compact of the vectors': () => vectors.compact(),
  optimize: () => vault.optimize(),
};

const measured: Record<string, number> = {};
for (const [name, call] of Object.entries(CALLS)) measured[name] = await longestTurn(call);
console.log(JSON.stringify(measured));
vectors.close();
vault.close();
