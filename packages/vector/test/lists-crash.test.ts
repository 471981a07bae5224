// A process that is killed while it makes an index, writes or optimizes leaves a file in which index and table agree.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 16;
const INDEXER = join(import.meta.dirname, 'scripts', 'indexer.ts');

test.each(Array.from({ length: 8 }, (_, at) => at))('kill %i', async (at) => {
  const file = tempFile();
  {
    using vault = vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2' }, file);
    vault.insertMany(
      Array.from({ length: 3000 }, (_, row) => [
        Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.cos(row * i + row)),
        row,
      ]),
    );
  }
  const indexer = fork(INDEXER, [file], { execArgv: ['--conditions=@kohakuvault/source'] });
  onTestFinished(() => {
    indexer.kill('SIGKILL');
  });
  await once(indexer, 'message');
  // Anywhere in a round: the moment is what the test varies.
  await Promise.race([once(indexer, 'message'), delay(3 + at * 37)]);
  indexer.kill('SIGKILL');
  await once(indexer, 'exit');
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2' }, file);
  expect(vault.verifyIndex()).toEqual([]);
  for (const query of [0, 1, 2].map((row) => Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.cos(row * i)))) {
    const found = vault.search(query, { k: 20, mode: 'approximate', recall: 1, oversample: 10_000 });
    expect(found).toEqual(vault.search(query, 20));
  }
  vault.insert(
    Float32Array.from({ length: DIMENSIONS }, () => 0.5),
    1,
  );
  await vault.createIndexAsync();
  expect(vault.info().index?.indexed).toBe(vault.size);
});
