import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { CONDITIONS } from '../../tasks/built.ts';

/** The end of the process instead of an answer. */
export class Ended extends Error {}

interface Waiting<Reply> {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** A program of this folder that answers messages, one at a time. It is started again after it has ended. */
export class HelperProcess<Request extends object, Reply> implements Disposable {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;
  #printed = '';
  #waiting: Waiting<Reply> | undefined;
  /** The end of the process between two messages, from something left over. It is reported with the next message. */
  #lost: Ended | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #interrupted = () => this.#child?.kill('SIGKILL');

  constructor(program: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    this.#program = join(import.meta.dirname, program);
    this.#args = args;
    this.#env = env;
    process.once('exit', this.#interrupted);
  }

  /** Sends a message and returns the answer. Throws `Ended` if the process ends. */
  ask(request: Request): Promise<Reply> {
    const reply = this.#last.then(() => this.#ask(request));
    this.#last = reply.catch(() => {});
    return reply;
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#interrupted);
    this.#child?.removeAllListeners();
    this.#child?.kill('SIGKILL');
  }

  #ask(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        this.#lost = undefined;
        return;
      }
      this.#waiting = { resolve, reject };
      this.#running().send(request);
    });
  }

  #ended(how: string): void {
    const error = new Ended(`the process ended by ${how}: ${this.#printed.slice(-2_000)}`);
    this.#child = undefined;
    this.#printed = '';
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.reject(error);
    else this.#lost = error;
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
    child.on('message', (reply) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      this.#printed = '';
      waiting?.resolve(reply as Reply);
    });
    // The message came too late; the end of the process follows.
    child.on('error', () => {});
    child.once('close', (status, signal) => this.#ended(signal ?? `status ${status}`));
    this.#child = child;
    return child;
  }
}
