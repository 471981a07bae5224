import type { Suite } from '../suite.ts';
import { prepareDatasets } from './vector/equal-recall.ts';
import { limitedCases } from './vector/limited.ts';

const suite: Suite = {
  about: 'Tables that are larger than the memory of the process, pages of files included.',
  cases: limitedCases,
  isKept: true,
  prepare: (fixtures, quick, preparation) => prepareDatasets(fixtures, quick, { ...preparation, peers: false }),
};

export default suite;
