// Replicates a file with Litestream under writers that are killed: see ../README.md.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../testing/src/arguments.ts';
import { Random } from '../../testing/src/random.ts';
import { buildLitestream } from './litestream.ts';
import { replicate } from './replicate.ts';

const { values } = parseArgs({
  options: { points: { type: 'string' }, seed: { type: 'string' }, checkpointing: { type: 'string' } },
});
const points = wholeNumber('points', values.points ?? '5');
const seed = wholeNumber('seed', values.seed ?? String(randomInt(2 ** 31)));

const program = buildLitestream();
if (program === undefined) {
  console.log('Litestream is built by Go, which is not installed: nothing was tested');
  process.exit(1);
}
const { checkpointing = 'external' } = values;
if (checkpointing !== 'external' && checkpointing !== 'own') {
  throw new Error(`--checkpointing is ${checkpointing}; expected external or own`);
}
console.log(`--points ${points} --seed ${seed} --checkpointing ${checkpointing}`);
const counts = await replicate({ program, random: new Random(seed), points, checkpointing, log: console.log });
console.log(`${points} points in time were restored exactly; ${counts.join(' and ')} transactions in the end`);
