// Attaches a list, creates and shares another, and works on both until the thread is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { CSBTree, SkipList } from '@kohakuvault/ordered';

const list = SkipList.attach<number, number>(workerData.handle);
const own = new SkipList<string, string>({ entries: [['of the worker', 'x']] });
const tree = new CSBTree<string, number>({ entries: [['of the worker', 1]] });
parentPort?.postMessage(own.share());
for (let i = 0; ; i++) list.set(i % 1000, tree.size);
