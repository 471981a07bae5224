// short-lives.ts FILE ROUNDS SEED CACHED: writes entries that live for some milliseconds, and reads those of all processes. An
// entry that had expired before it was asked for is an error. Prints how many entries were seen, and how many were gone.
import { KVault } from '@kohakuvault/kvault';
import { Random } from '../../../../../tools/testing/src/random.ts';

const [file, rounds, seed, cached] = process.argv.slice(2) as [string, string, string, string];
const random = new Random(Number(seed));
using kv = new KVault<{ until: number }>(file);
if (cached === 'cached') kv.enableCache({ flushInterval: 5 });
let [seen, gone] = [0, 0];

function check(how: string, asked: number, entry: { until: number } | undefined): void {
  if (entry === undefined) gone++;
  else if (entry.until <= asked) throw new Error(`${how} at ${asked} gave an entry that expired at ${entry.until}`);
  else seen++;
}

for (let round = 0; round < Number(rounds); round++) {
  const key = `key ${random.below(200)}`;
  const until = Date.now() + random.below(40);
  if (random.oneIn(8)) kv.set(key, { until: Number.MAX_SAFE_INTEGER });
  else kv.set(key, { until }, { expiresAt: until });
  const asked = Date.now();
  check('get', asked, kv.get(`key ${random.below(200)}`));
  if (random.oneIn(10)) {
    const keys = Array.from({ length: 20 }, () => `key ${random.below(200)}`);
    const asked = Date.now();
    for (const value of kv.getMany(keys)) check('getMany', asked, value);
  }
  if (!random.oneIn(20)) continue;
  const values = kv.values({ reverse: random.oneIn(2) });
  for (;;) {
    const asked = Date.now();
    const next = values.next();
    if (next.done) break;
    check('values', asked, next.value);
  }
}
console.log(JSON.stringify({ seen, gone }));
