import type { Suite } from '../suite.ts';
import { entryCases } from './postgres/entries.ts';
import { streamCases } from './postgres/streams.ts';
import { textCases } from './postgres/texts.ts';
import { vectorCases } from './postgres/vectors.ts';

const suite: Suite = {
  about:
    'Dicts, vectors and texts on a PostgreSQL server of this machine, beside the bare driver `pg` doing the same, and the ' +
    'stores of keyv and LangChain.',
  cases: [...entryCases, ...streamCases, ...vectorCases, ...textCases],
};

export default suite;
