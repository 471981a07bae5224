import type { Suite } from '../suite.ts';
import { makeFixtures } from './text/contents.ts';
import { memoryCases } from './text/in-memory.ts';
import { searchCases } from './text/searches.ts';
import { writeCases } from './text/writes.ts';

const suite: Suite = {
  about: 'Full-text search of 200,000 documents: searches, writing, and indexes in memory beside it.',
  cases: [...searchCases, ...writeCases, ...memoryCases],
  prepare: makeFixtures,
};

export default suite;
