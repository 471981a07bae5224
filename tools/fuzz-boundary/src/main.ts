// Runs the fuzzer in one process after another, each with a seed of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    steps: { type: 'string', default: '30000' },
    seed: { type: 'string' },
  },
});
const first = Number(values.seed ?? Date.now() % 1_000_000);
for (let seed = first; seed < first + Number(values.rounds); seed++) {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-boundary-'));
  const args = [
    ...process.execArgv,
    '--expose-gc',
    join(import.meta.dirname, 'fuzzer.ts'),
    `${seed}`,
    values.steps,
    folder,
  ];
  const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  rmSync(folder, { recursive: true, force: true });
  if (status === 0) continue;
  console.error(`seed ${seed} ended with ${signal ?? status}: --rounds 1 --steps ${values.steps} --seed ${seed}`);
  process.exit(1);
}
