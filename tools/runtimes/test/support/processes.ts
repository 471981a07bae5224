import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CONDITIONS } from '../../../tasks/built.ts';
import { keepMessages, message } from '../../../testing/src/messages.ts';

/** Returns the path of a program in test/programs. */
export function program(name: string): string {
  return join(import.meta.dirname, '../programs', name);
}

/** How a worker thread of the same runtime finds the packages. */
export const THREAD = { execArgv: [...CONDITIONS] };

/** A program that runs in a process of its own, on the same runtime. It is killed when the test ends. */
export class Program {
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';

  constructor(name: string, args: readonly string[]) {
    this.child = keepMessages(fork(program(name), args, { execArgv: [...CONDITIONS], silent: true }));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    this.#ended = once(this.child, 'close');
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  /** Waits for the next message. If the program ends instead, throws with what it printed. */
  async message(): Promise<unknown> {
    try {
      return await message(this.child);
    } catch {
      await this.#ended;
      throw new Error(`the program ended:\n${this.#output}`);
    }
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.#ended;
  }

  /** Waits for the end, and returns what the program printed. */
  async end(): Promise<string> {
    await this.#ended;
    return this.#output;
  }
}
