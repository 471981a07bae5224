// locks.ts FILE ROUNDS: tries to be the one that sets the key of each round. Prints in which rounds it was.
import { KVault } from '@kohakuvault/kvault';

const [file, rounds] = process.argv.slice(2) as [string, string];
using kv = new KVault(file);
const won: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  // In every second round the key was there, and has expired: it may be hidden, or removed already.
  if (kv.setIfAbsent(`lock ${round}`, process.pid, { ttl: 3_600_000 })) won.push(round);
}
console.log(JSON.stringify(won));
