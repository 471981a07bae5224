// A list of a new index is one row, also if the entries of all lists do not fit into what a build keeps in memory.
import type { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { randomNumbers } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

/** Their entries take more than the 32 MiB that a build keeps. */
const STORED = 320_000;
const LISTS = 200;

function expectOneRowEach(vault: VectorKVault<number>): void {
  expect(vault.info().index).toMatchObject({ lists: LISTS, indexed: STORED });
  const rows = vault.database.prepare('SELECT count(*) FROM vec_kvault_index_parts').pluck().get();
  expect(rows).toBe(LISTS);
}

test('a list of a new index is one row', async () => {
  const vault = vaultOf<number>({ dimensions: 4 }, tempFile());
  const random = randomNumbers(5);
  vault.insertMany(Array.from({ length: STORED }, (_, number) => [Float32Array.from({ length: 4 }, random), number]));
  vault.createIndex({ lists: LISTS });
  expectOneRowEach(vault);
  await vault.createIndexAsync({ lists: LISTS });
  expectOneRowEach(vault);
});
