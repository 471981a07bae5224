import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Change, KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { next } from '../../../../tools/testing/src/items.ts';
import { keepMessages, message } from '../../../../tools/testing/src/messages.ts';

const EXEC_ARGV = ['--conditions=@kohakuvault/source'];

export { message, next };

/** Returns changes as texts: "+ key" and "- key". */
export function shown(changes: readonly Change<string | Buffer>[]): string[] {
  return changes.map(({ kind, key }) => `${kind === 'set' ? '+' : '-'} ${key}`);
}

/** Returns the changes up to the one of the key "end". Nothing may come after that. */
export async function untilEnd(watch: AsyncIterator<Change<string | Buffer>>): Promise<string[]> {
  const found: Change<string | Buffer>[] = [];
  for (;;) {
    const [change] = await next(watch, 1);
    if (String(change?.key) === 'end') return shown(found);
    found.push(change as Change);
  }
}

export function open(file: string, options?: ConstructorParameters<typeof KVault>[1]): KVault {
  const vault = new KVault(file, options);
  onTestFinished(() => vault.close());
  return vault;
}

/** Returns what watching has left or made in a file. */
export function traces(file: string): string[] {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare(
        "SELECT name FROM sqlite_schema WHERE name LIKE 'kohakuvault_changes%' OR name = 'kohakuvault_watchers' ORDER BY name",
      )
      .pluck()
      .all() as string[];
  } finally {
    database.close();
  }
}

/** Starts a program of `scripts` in a process of its own, which ends with the test. */
export function start(folder: string, name: string, args: string[]): ChildProcess {
  const child = fork(join(folder, 'scripts', name), args, { execArgv: EXEC_ARGV });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  return keepMessages(child);
}

/** Starts the same in a worker thread. */
export function startWorker(folder: string, name: string, argv: string[]): Worker {
  const worker = new Worker(join(folder, 'scripts', name), { argv, execArgv: EXEC_ARGV });
  onTestFinished(() => void worker.terminate());
  return keepMessages(worker);
}
