// A Database of the user that returns integers as bigints: it must not affect our results.
import Database from 'better-sqlite3';
import { ColumnVault, KVault, VectorKVault } from 'kohakuvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

function session(safeIntegers: boolean): unknown[] {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  database.defaultSafeIntegers(safeIntegers);
  const kv = new KVault(database, { maxBlobBytes: 1_000 });
  const cv = new ColumnVault(database);
  const vk = new VectorKVault(database, { dimensions: 4 });
  const fixed = cv.createColumn('fixed', 'i32', { minChunkBytes: 64, maxChunkBytes: 64 });
  const varying = cv.createColumn('varying', 'str:utf8', { minChunkBytes: 64, maxChunkBytes: 64 });
  fixed.extend(Array.from({ length: 100 }, (_, index) => index));
  varying.extend(Array.from({ length: 100 }, (_, index) => `element ${index}`));
  fixed.insert(3, -1);
  varying.insert(3, 'a longer element than the others');
  varying.removeRange(50, 90);
  fixed.removeRange(50, 90);
  kv.set('short', 1).set('long', Buffer.alloc(5_000, 1));
  using blob = kv.openBlob('long', { writable: true });
  blob.write(4_000, Buffer.from('written'));
  const ids = vk.insertMany([
    [[1, 2, 3, 4], 'one'],
    [[4, 3, 2, 1], 'two'],
  ]);
  vk.update(1, { vector: [1, 1, 1, 1], value: 'changed' });
  vk.delete(2);
  const seen = [
    fixed.stats(),
    varying.stats(),
    fixed.slice(),
    [...varying],
    cv.listColumns(),
    kv.size,
    kv.get('long'),
    blob.read(4_000, 7),
    kv.checkpoint('full'),
    ids,
    vk.search([1, 2, 3, 4]),
    vk.info(),
    [...vk],
  ];
  varying.compact();
  fixed.compact();
  vk.clear();
  seen.push(varying.stats(), fixed.stats(), vk.insert([1, 2, 3, 4], 'after'), vk.size);
  expect(database.prepare('SELECT 1').pluck().get()).toBe(safeIntegers ? 1n : 1);
  return seen;
}

test('all results are the same with defaultSafeIntegers on and off', () => {
  expect(session(true)).toEqual(session(false));
});
