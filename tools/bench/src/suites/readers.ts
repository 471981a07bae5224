import type { Suite } from '../suite.ts';
import { makeTable, readerCases } from './readers/cases.ts';

const suite: Suite = {
  about: 'Processes that read one file while another one writes it: one, two, four and eight of them.',
  cases: readerCases,
  isKept: true,
  prepare: makeTable,
};

export default suite;
