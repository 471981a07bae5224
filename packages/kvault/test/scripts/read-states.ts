// read-states.ts FILE KEYS LAST: reads the keys until they show the last state. Runs as a process or as a worker
// thread.
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';

interface State {
  turn: number;
}

const [file = '', keyList = '[]', last = '0'] = process.argv.slice(2);
const keys: string[] = JSON.parse(keyList);
using vault = new KVault<State>(file, { readonly: true });

function tell(message: unknown): void {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
}

/** Returns the state that all keys show, read in three ways. */
function readTurn(): number {
  const ways = [vault.getMany(keys), [...vault.values()], vault.snapshot(() => keys.map((key) => vault.get(key)))];
  const turns = new Set<number>();
  for (const states of ways) {
    const ofOneRead = new Set(states.map((state) => state?.turn));
    if (ofOneRead.size !== 1) throw new Error(`a state in parts: ${JSON.stringify(states)}`);
    for (const turn of ofOneRead) turns.add(turn ?? Number.NaN);
  }
  return Math.max(...turns);
}

let seen = readTurn();
tell('ready');
while (seen < Number(last)) {
  await nextMacrotask();
  const turn = readTurn();
  if (!(turn >= seen)) throw new Error(`the state ${turn} was seen after the state ${seen}`);
  seen = turn;
}
tell(seen);
