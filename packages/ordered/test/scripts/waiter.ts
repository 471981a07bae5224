// A thread that waits for another: it answers each number that it is given, blocking or not.
import { parentPort, workerData } from 'node:worker_threads';
import { SkipList, type SkipListHandle } from '@kohakuvault/ordered';

const { handle, rounds, blocks } = workerData as { handle: SkipListHandle; rounds: number; blocks: boolean };
const list = SkipList.attach<string, number>(handle);

for (let round = 0; round < rounds; round++) {
  while (list.get('question', 0) === round) {
    const wait = { key: 'question', seen: round };
    if (blocks) list.waitForChangeSync(wait);
    else await list.waitForChange(wait);
  }
  list.set('answer', list.get('question', 0));
}
parentPort?.postMessage('done');
