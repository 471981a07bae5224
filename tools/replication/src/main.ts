// Replicates a file with Litestream under writers that are killed: see ../README.md.
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { entryOf, wholeNumber } from '../../testing/src/arguments.ts';
import { Random } from '../../testing/src/random.ts';
import { buildLitestream } from './litestream.ts';
import { replicate } from './replicate.ts';
import { TARGETS, type Target } from './targets.ts';

const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '5' },
    seed: { type: 'string' },
    checkpointing: { type: 'string', default: 'external' },
    target: { type: 'string', default: 'folder' },
  },
});
const points = wholeNumber('points', values.points);
const seed = wholeNumber('seed', values.seed ?? String(randomInt(2 ** 31)));
const checkpointing = entryOf(
  'checkpointing',
  values.checkpointing,
  new Map([
    ['external', 'external'],
    ['own', 'own'],
  ] as const),
);
const beginTarget = entryOf('target', values.target, TARGETS);

const program = buildLitestream();
if (program === undefined) {
  console.log('Litestream is built by Go, which is not installed: nothing was tested');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-replication-'));
try {
  const target = await beginTarget(folder, console.log);
  if (target === undefined) process.exitCode = 1;
  else await run(program, target);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(program: string, target: Target): Promise<void> {
  console.log(`--points ${points} --seed ${seed} --checkpointing ${checkpointing} --target ${values.target}`);
  try {
    const random = new Random(seed);
    const counts = await replicate({ program, random, points, checkpointing, folder, target, log: console.log });
    console.log(`${points} points in time were restored exactly; ${counts.join(' and ')} transactions in the end`);
  } finally {
    await target.close();
  }
}
