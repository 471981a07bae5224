import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { CONDITIONS } from '../../tasks/built.ts';
import type { Result, Task } from './child.ts';

/** The time after which a process hangs, in milliseconds. A file takes 50. */
const TIME_LIMIT = 60_000;
/** The number of files that one process uses, so that leftovers do not add up. */
const MOST_TASKS = 100;

/** The process that uses damaged files. A new one starts after some of them, and after a crash or a hang. */
export class UserProcess {
  #child: ChildProcess | undefined;
  #tasks = 0;

  /** Returns the outcome for a file, or how the process ended. */
  async use(task: Task): Promise<Result | { ended: string }> {
    if (this.#tasks++ % MOST_TASKS === 0) this.close();
    const child = this.#child ?? this.#start();
    let errors = '';
    const hear = (chunk: Buffer) => {
      errors += chunk;
    };
    child.stderr?.on('data', hear);
    const ended = await new Promise<Result | { ended: string }>((resolve) => {
      const finish = (result: Result | { ended: string }) => {
        clearTimeout(timer);
        child.off('message', answered).off('exit', died);
        resolve(result);
      };
      const answered = (result: Result) => finish(result);
      const died = (code: number | null, signal: string | null) =>
        finish({ ended: `it ended with ${signal ?? code}\n${errors}` });
      const timer = setTimeout(() => finish({ ended: `it hung for ${TIME_LIMIT} ms` }), TIME_LIMIT);
      child.on('message', answered).on('exit', died);
      child.send(task);
    });
    child.stderr?.off('data', hear);
    if ('ended' in ended) this.close();
    return ended;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #start(): ChildProcess {
    this.#child = fork(join(import.meta.dirname, 'child.ts'), {
      execArgv: [...CONDITIONS, '--max-old-space-size=512', '--no-warnings'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return this.#child;
  }
}
