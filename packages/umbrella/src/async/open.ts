import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ConnectionOptions } from '@kohakuvault/kvault';
import { Client } from './client.ts';
import type { Response, ThreadData } from './messages.ts';
import { errorFrom, pack } from './packing.ts';
import { AsyncStore } from './store.ts';
import { workerProgram } from './worker-program.ts';

const { resolve } = process.getBuiltinModule('node:path');

export interface OpenOptions extends ConnectionOptions {
  /** Gives up the opening. */
  signal?: AbortSignal | undefined;
}

/** Opens a file in a thread of its own, which ends with `close`. The thread keeps no idle process running. */
export async function open(path: string, { signal, ...options }: OpenOptions = {}): Promise<AsyncStore> {
  if (typeof path !== 'string') throw new InvalidArgument(`open expects the path of a file, got ${describe(path)}`);
  if (typeof options.driver === 'function') {
    throw new InvalidArgument('open expects the name of a driver, since a class cannot be sent to a thread');
  }
  signal?.throwIfAborted();
  const file = path === ':memory:' ? path : resolve(path);
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const workerData: ThreadData = { kohakuvault: 'async', path: file, options: pack([options]) };
  const worker = new Worker(workerProgram(), { workerData });
  const abort = () => void worker.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((ready, fail) => {
      worker.once('error', fail);
      worker.once('exit', () => fail(new Error('the thread has ended')));
      worker.once('message', (message: Response) => {
        if ('closed' in message && message.failure) fail(errorFrom(message.failure));
        else ready();
      });
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    worker.removeAllListeners();
  }
  return new AsyncStore(new Client(worker, file), file);
}
