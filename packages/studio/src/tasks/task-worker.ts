import { parentPort, workerData } from 'node:worker_threads';
import { type ConnectionOptions, openDatabase } from '@kohakuvault/core-native/internal/database';
import { problemOfError } from '../api/studio-error.ts';
import { VaultFile } from '../file/vault-file.ts';
import type { Task, TaskReply, TaskRequest } from '../work/task.ts';
import { TASKS } from './tasks.ts';

/** The program of a thread that does the long work of the Studio, one task after another, with its own connection. */
const { path, options } = workerData as { path: string; options: ConnectionOptions };

const port = parentPort as NonNullable<typeof parentPort>;
let file: VaultFile | undefined;
let taken: (() => void) | undefined;
const never = new AbortController().signal;

const send = (reply: TaskReply) => port.postMessage(reply);

port.on('message', (request: TaskRequest) => {
  if (request.type === 'taken') taken?.();
  else void run(request);
});

async function run({ number, name, args }: TaskRequest & { type: 'run' }): Promise<void> {
  try {
    file ??= opened();
    const task = TASKS[name as keyof typeof TASKS] as Task;
    const post = (message: unknown) => send({ type: 'message', number, message, waits: false });
    const interruptible = (alarm: number) => send({ type: 'alarm', number, alarm });
    const steps = task({ file, post, interruptible, signal: never }, args as never);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) {
        send({ type: 'result', number, result: value });
        return;
      }
      const wasTaken = new Promise<void>((resolve) => {
        taken = resolve;
      });
      send({ type: 'message', number, message: value, waits: true });
      await wasTaken;
    }
  } catch (error) {
    send({ type: 'failure', number, problem: problemOfError(error) });
  }
}

function opened(): VaultFile {
  // As for the Studio itself: no SQL of the file's schema runs.
  using connection = openDatabase(path, { ...options, readonly: true }, { wary: true, silent: true });
  return new VaultFile(connection);
}
