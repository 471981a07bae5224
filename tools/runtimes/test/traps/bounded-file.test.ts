// Rows that come and go: the file takes as much space as its rows at the most crowded time, not as all that ever were.
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { openVaults } from '../programs/vaults.ts';

const ROUNDS = 10;
const ROWS = 2_000;

test(`${ROUNDS} rounds of inserting and deleting: the file grows no more after the second`, () => {
  const file = tempFile();
  const { kv, columns, vectors } = openVaults(file);
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    kv.setMany(Array.from({ length: ROWS }, (_, index) => [`key ${index}`, Buffer.alloc(500, round)] as const));
    const column = columns.ensure('numbers', 'f64');
    column.extend(Float64Array.from({ length: 20 * ROWS }, (_, index) => index));
    const ids = vectors.insertMany(
      Array.from({ length: ROWS }, (_, index) => [Float32Array.of(index, round, 1, 0), index] as const),
    );
    kv.checkpoint('truncate');
    sizes.push(statSync(file).size);
    kv.deleteMany([...kv.keys()]);
    column.clear();
    vectors.deleteMany(ids);
  }
  expect(Math.max(...sizes.slice(2))).toBeLessThanOrEqual(1.1 * Math.max(...sizes.slice(0, 2)));
  vectors.close();
  columns.close();
  kv.close();
});
