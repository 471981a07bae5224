import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { crash } from '../src/rounds.ts';
import { SCENARIOS } from '../src/scenarios.ts';

const ROUNDS = 12;

test.each([...SCENARIOS.keys()])('%s: what was acknowledged outlives SIGKILL, as a whole', async (scenario) => {
  const seed = randomInt(2 ** 31);
  console.info(`crash ${scenario}: --rounds ${ROUNDS} --seed ${seed}`);
  const { acknowledged } = await crash({ scenario, rounds: ROUNDS, seed });
  expect(acknowledged).toBeGreaterThan(ROUNDS);
});
