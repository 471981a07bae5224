import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { run } from '../src/run.ts';

const STEPS = 120;

test('everything at once: after each step the library answers as the model does', async () => {
  expect(await run({ seed: 1, steps: STEPS, rounds: 15 })).toBeGreaterThanOrEqual(15 * STEPS);
});

test('everything at once: the same from a new seed', async () => {
  const seed = randomInt(2 ** 31);
  console.info(`model: --seed ${seed} --steps ${STEPS} --rounds 10`);
  expect(await run({ seed, steps: STEPS, rounds: 10 })).toBeGreaterThanOrEqual(10 * STEPS);
});
