import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerOrder, WorkerSetup } from './worker-program.ts';

// The build puts the program beside the library.
const HERE = import.meta.url ?? pathToFileURL(__filename).href;
const PROGRAM = new URL(`./worker-program.${HERE.endsWith('.ts') ? 'ts' : 'js'}`, HERE);

/** A worker thread that has a vault open. */
export class WorkerThread {
  readonly #worker: Worker;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(PROGRAM, { workerData: setup });
  }

  /** Has the thread do something, and returns the items that its vault has then. */
  async ask(order: WorkerOrder): Promise<number[]> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage(order);
    const [items] = await answer;
    return items;
  }

  /** Has the thread write items to the caches of its vault and end by process.exit. */
  async exit(items: readonly number[]): Promise<void> {
    const ended = once(this.#worker, 'exit');
    this.#worker.postMessage({ do: 'exit', items } satisfies WorkerOrder);
    await ended;
  }

  /** Ends the thread, whatever it does. Its vault is not closed by anybody. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
