// One of two files of tests that a test runner runs in one process. Its name keeps vitest from running it.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { ColumnVault } from '@kohakuvault/columns';
import { KohakuVaultError, KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';

test('every kind of vault opens, in a file that the other file of tests uses too', () => {
  const kv = new KVault(process.env.TWO_FILES as string);
  kv.set('map', new Map([[new Date(0), new Set([Buffer.from('x')])]]));
  assert.deepEqual(kv.get('map'), new Map([[new Date(0), new Set([Buffer.from('x')])]]));
  const columns = new ColumnVault(kv);
  columns.ensure('numbers', 'i32').append(1);
  const vectors = new VectorKVault<number>(kv, { dimensions: 2 });
  vectors.insert([1, 2], 3);
  assert.equal(vectors.search([1, 2], 1)[0]?.value, 3);
  assert.throws(
    () => new VectorKVault(kv, { dimensions: 3 }),
    (error) => error instanceof KohakuVaultError && error.code === 'KV_INVALID_ARGUMENT',
  );
  appendFileSync(`${process.env.TWO_FILES}.passed`, `${process.pid}\n`);
});
