import type { Suite } from '../suite.ts';
import { makeTables, valueCases } from './values/cases.ts';

const suite: Suite = {
  about:
    'Values from 100 B to 1 MiB, in tables filled at random and in the order of keys. Everything is read in the best ' +
    'way of each peer too.',
  cases: valueCases,
  isKept: true,
  prepare: makeTables,
};

export default suite;
