// The program of a worker thread: opens a vault and does to it what messages ask for.
import { parentPort, workerData } from 'node:worker_threads';
import type { VaultKind } from './vault-kind.ts';

/** What a worker thread is started with. */
export interface WorkerSetup {
  readonly module: string;
  readonly kind: string;
  readonly file: string;
}

/** What a worker thread is asked to do. It answers each with the items of the vault. */
export type WorkerOrder =
  | { readonly do: 'read' }
  | { readonly do: 'write'; readonly items: readonly number[] }
  /** Writes items to each cache of the vault, and flushes none. */
  | { readonly do: 'pend'; readonly items: readonly number[] }
  /** Writes items to each cache of the vault, and ends the thread by process.exit. There is no answer. */
  | { readonly do: 'exit'; readonly items: readonly number[] }
  /** Writes an item in a transaction that never ends. */
  | { readonly do: 'hold'; readonly item: number };

const { module, kind: name, file } = workerData as WorkerSetup;
const { kinds } = (await import(module)) as { kinds: readonly VaultKind[] };
const kind = kinds.find((each) => each.name === name);
if (!kind) throw new Error(`${module} exports no kind of vault with the name ${JSON.stringify(name)}`);
const vault = kind.open(file);

function answer(): void {
  if (kind) parentPort?.postMessage(kind.read(vault));
}

parentPort?.on('message', (order: WorkerOrder) => {
  switch (order.do) {
    case 'read':
      break;
    case 'write':
      for (const item of order.items) kind.write(vault, item);
      break;
    case 'pend':
    case 'exit':
      for (const cacheOf of Object.values(kind.caches ?? {})) cacheOf(vault).enableCache({ autoFlush: false });
      for (const item of order.items) kind.write(vault, item);
      if (order.do === 'exit') process.exit();
      break;
    case 'hold':
      vault.transaction(() => {
        kind.write(vault, order.item);
        answer();
        // Until the thread is terminated.
        for (;;) kind.read(vault);
      });
  }
  answer();
});
