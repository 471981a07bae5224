import type { Suite } from '../suite.ts';
import { blobCases } from './boundary/blobs.ts';
import { callCases } from './boundary/calls.ts';
import { connectionCases } from './boundary/connections.ts';
import { makeMedia } from './boundary/media.ts';

const suite: Suite = {
  about: 'The cost of a call from JavaScript into the core, and what the core then saves inside SQLite.',
  cases: [...callCases, ...blobCases, ...connectionCases],
  prepare(fixtures) {
    makeMedia(fixtures);
  },
};

export default suite;
