import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const CONDITIONS = ['--conditions=@kohakuvault/source'];

/** Returns the path of a script in test/scripts. */
export function script(name: string): string {
  return resolve(import.meta.dirname, '..', 'scripts', name);
}

/** Runs a script to its end and returns its output. If it fails, the error has the output. */
export async function runScript(name: string, args: string[] = [], env: Record<string, string> = {}): Promise<string> {
  const child = fork(script(name), args, {
    execArgv: [...CONDITIONS, '--expose-gc'],
    silent: true,
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  const [status, signal] = await once(child, 'close');
  if (status !== 0) throw new Error(`${name} ended with ${status ?? signal}:\n${output}`);
  return output;
}

/** A process that answers each message with one message. */
export class Peer {
  readonly #child: ChildProcess;

  constructor(name: string, args: string[] = []) {
    this.#child = fork(script(name), args, { execArgv: CONDITIONS });
    onTestFinished(() => {
      this.#child.kill('SIGKILL');
    });
  }

  async ask(message: string): Promise<unknown> {
    const answer = once(this.#child, 'message');
    this.#child.send(message);
    return (await answer)[0];
  }

  kill(): Promise<unknown> {
    const gone = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    return gone;
  }
}
