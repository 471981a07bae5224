import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Starts a script of `test/scripts` in a thread. */
export function worker(name: string, workerData: unknown): Worker {
  return new Worker(join(import.meta.dirname, '..', 'scripts', name), {
    workerData,
    execArgv: ['--conditions=@kohakuvault/source'],
  });
}
