import type { Worker } from 'node:worker_threads';
import { describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
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
  const { MessageChannel, Worker } = process.getBuiltinModule('node:worker_threads');
  const { port1, port2 } = new MessageChannel();
  const calls = { port: port2, answered: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
  const workerData: ThreadData = { kohakuvault: 'async', path: file, options: pack([options]), calls };
  const worker = new Worker(workerProgram(), { workerData, transferList: [port2] });
  const abort = () => void worker.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await begun(worker);
  } catch (error) {
    port1.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  return new AsyncStore(new Client(worker, file, calls, port1), file);
}

/** Fulfilled when the thread has opened the file. Rejects with the reason why it has not. */
function begun(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Response) => {
      const failure = 'closed' in message ? message.failure : undefined;
      end(failure && errorFrom(failure));
    };
    const onError = (error: Error) => end(error);
    const onExit = () => end(new KohakuVaultError('the thread has ended before it had opened the file'));
    const end = (error?: Error) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      if (error) reject(error);
      else resolve();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
