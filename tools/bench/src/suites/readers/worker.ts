// worker.ts TASK: opens the table, says that it is ready, and at the next message does its task.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { tailOf } from '../../tail.ts';
import { ENGINES } from '../bytes/engines.ts';
import { randomKeys } from '../bytes/entries.ts';
import { BYTES, type Done, TABLE, type Task } from './task.ts';

/** Calls in one turn of the event loop, as a server has them: some engines give all of a turn the same snapshot. */
const CALLS_OF_A_TURN = 100;

const { role, engine, fixtures, keys, seed, milliseconds } = JSON.parse(process.argv[2] ?? '{}') as Task;
const store = await ENGINES[engine](fixtures, TABLE);
const key = randomKeys(keys, seed);
let turn = 0;
let sum = 0;

function call(): void {
  turn++;
  if (role === 'read') sum += store.get(key(turn))?.length ?? Number.NaN;
  else store.set(key(turn), Buffer.alloc(BYTES, turn & 0x7f));
}

for (let warm = 0; warm < 2_000; warm++) call();
// Parents that were interrupted send nothing more.
process.once('disconnect', () => process.exit());
process.send?.('ready');
await once(process, 'message');

const latencies: number[] = [];
const began = performance.now();
let last = began;
while (last - began < milliseconds) {
  for (let calls = 0; calls < CALLS_OF_A_TURN; calls++) {
    call();
    const now = performance.now();
    latencies.push((now - last) * 1e6);
    last = now;
  }
  await setImmediate();
  last = performance.now();
}
if (Number.isNaN(sum)) throw new Error('a key was not there');
const done: Done = { calls: latencies.length, elapsed: last - began, tail: tailOf(latencies) };
process.send?.(done, () => process.exit());
