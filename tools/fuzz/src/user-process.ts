import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { CONDITIONS } from '../../tasks/built.ts';
import type { Result, Task } from './child.ts';

/** A file takes a twentieth of a second; a process that takes so long for one hangs. */
const TIME_LIMIT = 60_000;
/** Files that one process uses: what one leaves behind must not add up. */
const MOST_TASKS = 100;

/** The process in which damaged files are used: another one after some of them, and where it has crashed or hung. */
export class UserProcess {
  #child: ChildProcess | undefined;
  #tasks = 0;

  /** What came of a file, or how the process ended over it. */
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
