import type { Suite } from '../suite.ts';
import { encodingCases } from './kv/encodings.ts';
import { fillFixtures } from './kv/engines.ts';
import { fileCases, makeFilm } from './kv/files.ts';
import { readCases } from './kv/reads.ts';
import { fillRandomly, scanCases } from './kv/scans.ts';
import { writeCases } from './kv/writes.ts';

const suite: Suite = {
  about: 'A dict in a file: single values, many at once, everything in order, and a value of a gigabyte.',
  cases: [...readCases, ...scanCases, ...writeCases, ...encodingCases, ...fileCases],
  prepare: async (fixtures, quick) => {
    await fillFixtures(fixtures);
    await fillRandomly(fixtures);
    await makeFilm(fixtures, quick);
  },
};

export default suite;
