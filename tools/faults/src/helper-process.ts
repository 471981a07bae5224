import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { CONDITIONS } from '../../tasks/built.ts';

/** The process ended instead of answering. */
export class Ended extends Error {}

/** A program of this folder that answers messages, one at a time. It is started again where it ended. */
export class HelperProcess<Request extends object, Reply> implements Disposable {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;
  #printed = '';
  #last: Promise<unknown> = Promise.resolve();
  readonly #interrupted = () => this.#child?.kill('SIGKILL');

  constructor(program: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    this.#program = join(import.meta.dirname, program);
    this.#args = args;
    this.#env = env;
    process.once('exit', this.#interrupted);
  }

  /** Throws `Ended` where the process does. */
  ask(request: Request): Promise<Reply> {
    const reply = this.#last.then(() => this.#ask(request));
    this.#last = reply.catch(() => {});
    return reply;
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#interrupted);
    this.#child?.kill('SIGKILL');
  }

  #ask(request: Request): Promise<Reply> {
    const child = this.#running();
    this.#printed = '';
    return new Promise((resolve, reject) => {
      const answered = (reply: unknown) => {
        child.off('close', ended);
        resolve(reply as Reply);
      };
      const ended = (status: number | null, signal: string | null) => {
        child.off('message', answered);
        this.#child = undefined;
        reject(new Ended(`the process ended by ${signal ?? `status ${status}`}: ${this.#printed.slice(-2_000)}`));
      };
      child.once('message', answered);
      child.once('close', ended);
      child.send(request);
    });
  }

  #running(): ChildProcess {
    if (this.#child) return this.#child;
    const child = spawn(process.execPath, [...CONDITIONS, this.#program, ...this.#args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...this.#env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#printed += chunk;
      });
    }
    this.#child = child;
    return child;
  }
}
