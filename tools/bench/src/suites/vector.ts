import type { Suite } from '../suite.ts';
import { makeFixtures } from './vector/contents.ts';
import { indexedCases } from './vector/indexed.ts';
import { searchCases } from './vector/searches.ts';
import { writeCases } from './vector/writes.ts';

const suite: Suite = {
  about: 'Nearest neighbors of 384 dimensions: exact and approximate searches, and writing.',
  cases: [...searchCases, ...indexedCases, ...writeCases],
  prepare: makeFixtures,
};

export default suite;
