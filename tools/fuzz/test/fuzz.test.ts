import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { fuzz } from '../src/rounds.ts';

const ROUNDS = 40;

test('a call on a damaged file returns or throws an error of ours, and verify finds what a read refuses', async () => {
  const seed = randomInt(2 ** 31);
  console.info(`fuzz: --rounds ${ROUNDS} --seed ${seed} --own`);
  const { calls, same } = await fuzz({ rounds: ROUNDS, seed, ownOnly: true });
  expect(same).toBeGreaterThan(0);
  expect(calls).toBeGreaterThan(ROUNDS * 20);
});
