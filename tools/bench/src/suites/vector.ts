import type { Suite } from '../suite.ts';
import { makeFixtures } from './vector/contents.ts';
import { equalRecallCases, prepareDatasets } from './vector/equal-recall.ts';
import { filteredCases } from './vector/filtered.ts';
import { indexedCases } from './vector/indexed.ts';
import { searchCases } from './vector/searches.ts';
import { writeCases } from './vector/writes.ts';

const scanned = [...searchCases, ...indexedCases, ...writeCases];

const suite: Suite = {
  about:
    'Nearest neighbors of 384 dimensions: exact and approximate searches, an index beside those of other libraries, and ' +
    'writing.',
  cases: [...scanned, ...equalRecallCases, ...filteredCases],
  isKept: true,
  prepare: async (fixtures, quick, preparation) => {
    if (scanned.some(({ name }) => preparation.names.includes(name))) await makeFixtures(fixtures);
    await prepareDatasets(fixtures, quick, preparation);
  },
};

export default suite;
