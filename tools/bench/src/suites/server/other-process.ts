// other-process.ts FILE: does on a file what its parent asks for, and answers each task when it is done.
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import { now } from '../../clock.ts';
import { DIMENSIONS, embeddings } from '../vector/contents.ts';
import type { Task } from './other.ts';

const [file = ''] = process.argv.slice(2);
const small = new KVault(file, { table: 'small', busyTimeout: 60_000 });
const vectors = embeddings(1_000, 9);
let writes = 0;
let setting: NodeJS.Timeout | undefined;
let longest = 0;

/** Sets a small value, and notes how long that took. */
function set(): void {
  const start = now();
  small.set('key', writes++);
  longest = Math.max(longest, now() - start);
}

const TASKS: Record<Task, () => number> = {
  nothing: () => 0,
  'commit to the vectors': () => {
    using vault = new VectorKVault<number>(small, { dimensions: DIMENSIONS });
    return Number(vault.insert(vectors.next().value as Float32Array, writes++));
  },
  'commit to another table': () => small.set('key', writes++).size,
  'begin to set': () => {
    longest = 0;
    set();
    setting = setInterval(set, 2);
    return 0;
  },
  // Milliseconds of the longest.
  'end to set': () => {
    clearInterval(setting);
    return longest;
  },
};

process.on('message', (task: Task) => process.send?.(TASKS[task]()));
process.once('disconnect', () => process.exit());
