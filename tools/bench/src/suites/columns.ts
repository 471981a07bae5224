import type { Suite } from '../suite.ts';
import { beyondMemoryCases } from './columns/beyond-memory.ts';
import { bulkCases } from './columns/bulk.ts';
import { compressedCases } from './columns/compressed.ts';
import { fillFixtures } from './columns/fixtures.ts';
import { frameCases } from './columns/frames.ts';
import { growthCases } from './columns/growth.ts';
import { layoutCases } from './columns/layouts.ts';
import { readCases } from './columns/reads.ts';
import { shiftCases } from './columns/shifts.ts';
import { sqlCases } from './columns/sql.ts';
import { statisticsCases } from './columns/statistics.ts';

const suite: Suite = {
  about:
    'Typed sequences in a file: appending, reading at random and in slices, statistics, and the cost of that as they grow.',
  cases: [
    ...bulkCases,
    ...readCases,
    ...statisticsCases,
    ...sqlCases,
    ...frameCases,
    ...layoutCases,
    ...beyondMemoryCases,
    ...shiftCases,
    ...growthCases,
    ...compressedCases,
  ],
  prepare: fillFixtures,
};

export default suite;
