import type { Suite } from '../suite.ts';
import { fillFixtures } from './kv/engines.ts';
import { readCases } from './kv/reads.ts';
import { writeCases } from './kv/writes.ts';

const suite: Suite = {
  about: 'A dict in a file: single values, many at once, everything in order.',
  cases: [...readCases, ...writeCases],
  prepare: fillFixtures,
};

export default suite;
