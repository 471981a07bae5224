// Iterates over many entries, and prints by how much the live memory grew at most, in MiB.
import { KVault } from '@kohakuvault/kvault';

const MiB = 1024 * 1024;
const [file = '', count = '0'] = process.argv.slice(2);
using vault = new KVault<number>(file);
for (let first = 0; first < Number(count); first += 100_000) {
  vault.setMany(Array.from({ length: 100_000 }, (_, index) => [`key ${first + index}`, first + index]));
}
globalThis.gc?.();
const before = process.memoryUsage();
let most = 0;
let seen = 0;
let sum = 0;
for (const [, value] of vault) {
  sum += value;
  if (++seen % 50_000 !== 0) continue;
  globalThis.gc?.();
  const now = process.memoryUsage();
  most = Math.max(most, now.heapUsed + now.external - before.heapUsed - before.external);
}
if (seen !== Number(count) || sum !== (seen * (seen - 1)) / 2) throw new Error(`saw ${seen} entries, sum ${sum}`);
console.log(Math.round(most / MiB));
