import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../clock.ts';

const NS_PER_MS = 1e6;
const LOOK_MS = 1;

/** Returns the longest time for which the event loop did not turn during some work, in nanoseconds. */
export function longestStall(work: () => Promise<unknown>): Promise<number> {
  return longestOf(() => {}, work);
}

/** Does something each millisecond during some work. Returns the longest time from its due start to its end. */
export async function longestOf(each: () => void, work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let due = now() + LOOK_MS;
  const timer = setInterval(() => {
    each();
    longest = Math.max(longest, now() - due);
    due = now() + LOOK_MS;
  }, LOOK_MS);
  await work();
  // What stalled the loop just before the end is seen by one more look.
  await sleep(2 * LOOK_MS);
  clearInterval(timer);
  return longest * NS_PER_MS;
}
