import { openSync, readSync } from 'node:fs';

/**
 * Returns milliseconds of a clock that stands still while this thread could run but has no core: what other programs
 * take from us is not our cost. Waiting for the disk or for another thread counts as usual.
 *
 * Linux reports the time spent waiting for a core. With two programs to a core, only this makes numbers repeatable.
 * Elsewhere this is an ordinary clock.
 */
export function now(): number {
  for (let tries = 0; ; tries++) {
    const before = performance.now();
    const waited = waitedForCore();
    const after = performance.now();
    // The two were read at the same time, unless the thread lost its core between them.
    if (after - before < TOGETHER_MS || tries === MOST_TRIES) return after - waited;
  }
}

const TOGETHER_MS = 0.1;
const MOST_TRIES = 20;

const schedstat = open();
const text = Buffer.alloc(128);

/**
 * Returns the milliseconds that the main thread was runnable without a core: the second of the kernel's three numbers.
 */
export function waitedForCore(): number {
  if (schedstat === undefined) return 0;
  const length = readSync(schedstat, text, 0, text.length, 0);
  return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

function open(): number | undefined {
  try {
    return openSync('/proc/self/schedstat', 'r');
  } catch {
    return undefined;
  }
}
