import { parentPort, workerData } from 'node:worker_threads';
import { SkipList } from '@kohakuvault/ordered';

using list = SkipList.attach<string, unknown>(workerData.handle);
list.set('worker', { seen: list.get('main') });
parentPort?.postMessage([...list.keys()]);
