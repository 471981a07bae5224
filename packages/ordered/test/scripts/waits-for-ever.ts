// Waits for what never happens, until it is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { SkipList, type SkipListHandle } from '@kohakuvault/ordered';

const { handle, blocks } = workerData as { handle: SkipListHandle; blocks: boolean };
const list = SkipList.attach<string, number>(handle);
parentPort?.postMessage('waits');
if (blocks) list.waitForChangeSync({ key: 'never', seen: undefined });
else await list.waitForChange({ key: 'never', seen: undefined });
parentPort?.postMessage('woken');
