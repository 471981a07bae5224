import type { Suite } from '../suite.ts';
import { entryCases } from './postgres/entries.ts';
import { streamCases } from './postgres/streams.ts';

const suite: Suite = {
  about: 'The dict on a PostgreSQL server of this machine, beside the bare driver `pg` doing the same.',
  cases: [...entryCases, ...streamCases],
};

export default suite;
