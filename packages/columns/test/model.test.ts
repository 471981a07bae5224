import type { DType } from '@kohakuvault/columns';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { FIXED, VARIABLE } from './support/arbitrary.ts';
import { Model, steps } from './support/model.ts';

const DTYPES = { ...FIXED, ...VARIABLE };
const seed = Date.now();
console.log(`seed ${seed}`);
const numRuns = process.env.KOHAKUVAULT_LONG === '1' ? 500 : 5;

const LAYOUTS = ['0.7', '1.x'] as const;

describe.each(LAYOUTS)(
  'a column behaves as an array, with every dtype and with the smallest chunks, layout %s',
  (layout) => {
    test.each(Object.keys(DTYPES) as DType[])('%s', async (dtype) => {
      const limits = fc.constantFrom(
        { minChunkBytes: 1, maxChunkBytes: 64 },
        { minChunkBytes: 32, maxChunkBytes: 256 },
      );
      const value = DTYPES[dtype] as fc.Arbitrary<unknown>;
      await fc.assert(
        fc.asyncProperty(limits, steps(value), (chunks, list) => new Model(dtype, chunks, layout).run(list)),
        { seed, numRuns },
      );
    });
  },
);

describe.each(LAYOUTS)('a compressed column behaves as an array, in a vault of the layout %s', (layout) => {
  const kinds = [
    ...Object.keys(DTYPES).map((dtype) => [dtype as DType, 'zstd'] as const),
    ...Object.keys(FIXED)
      .filter((dtype) => !dtype.includes(':'))
      .map((dtype) => [dtype as DType, 'delta'] as const),
  ];
  test.each(kinds)('%s, %s', async (dtype, compression) => {
    const limits = fc.constantFrom({ minChunkBytes: 1, maxChunkBytes: 64 }, { minChunkBytes: 32, maxChunkBytes: 256 });
    const value = DTYPES[dtype] as fc.Arbitrary<unknown>;
    await fc.assert(
      fc.asyncProperty(limits, steps(value), (chunks, list) => new Model(dtype, chunks, layout, compression).run(list)),
      { seed, numRuns },
    );
  });
});
