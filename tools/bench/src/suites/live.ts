import type { Suite } from '../suite.ts';
import { changeCases } from './live/changes.ts';
import { queueCases } from './live/queues.ts';
import { threadCases } from './live/thread.ts';

const suite: Suite = {
  about: 'What happens in a file: changes of other processes, queues of jobs, and vaults in a thread of their own.',
  cases: [...changeCases, ...queueCases, ...threadCases],
};

export default suite;
