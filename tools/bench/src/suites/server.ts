import type { Suite } from '../suite.ts';
import { makeFixtures } from './server/contents.ts';
import { searchCases } from './server/searches.ts';
import { streamCases } from './server/streams.ts';
import { upkeepCases } from './server/upkeep.ts';
import { uploadCases } from './server/uploads.ts';

const suite: Suite = {
  about: 'What a long-lived server does: many searches at once, large values, writes beside them, upkeep.',
  cases: [...searchCases, ...streamCases, ...uploadCases, ...upkeepCases],
  prepare: makeFixtures,
};

export default suite;
