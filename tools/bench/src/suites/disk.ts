import type { Suite } from '../suite.ts';
import { diskCases, makeTables } from './disk/cases.ts';

const suite: Suite = {
  about: 'Files that fit into memory, and that do not: what is read comes from the disk.',
  cases: diskCases,
  isKept: true,
  prepare: makeTables,
};

export default suite;
