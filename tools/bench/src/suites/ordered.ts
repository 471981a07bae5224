import type { Suite } from '../suite.ts';
import { singleThreadCases } from './ordered/single-thread.ts';
import { threadCases } from './ordered/threads.ts';

const suite: Suite = {
  about:
    'The ordered maps: CSBTree beside sorted-btree and a sorted Map, and the gain of a second thread for SkipList.',
  cases: [...singleThreadCases, ...threadCases],
};

export default suite;
