// The short form of tools/fuzz-boundary. It runs in a process of its own, so that a crash is a failed test.
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../../tools/testing/src/temp.ts';
import { runScript } from './support/processes.ts';

const FUZZER = join(import.meta.dirname, '../../../tools/fuzz-boundary/src/fuzzer.ts');

test.each([0, 1])('the binding trusts no argument (%s)', async (odd) => {
  const seed = randomInt(2 ** 30) * 2 + odd;
  console.info(`tools/fuzz-boundary/src/main.ts --rounds 1 --steps 6000 --seed ${seed}`);
  expect(await runScript(FUZZER, [`${seed}`, '6000', tempFolder()])).toMatch(/calls, \d+ of them inside others/);
});
