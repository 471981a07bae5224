import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { CONDITIONS } from '../../tasks/built.ts';
import type { Answer, Request } from './helper-requests.ts';

const LENGTH_BYTES = 4;

/** Another process that uses the library, asked without leaving the stretch of JavaScript, as a transaction's body must. */
export class Helper implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kohakuvault-model-helper-'));
  readonly #child: ChildProcess;
  readonly #requests: number;
  readonly #answers: number;

  constructor() {
    const [requests, answers] = ['requests', 'answers'].map((name) => join(this.#folder, name)) as [string, string];
    execFileSync('mkfifo', [requests, answers]);
    this.#child = spawn(
      process.execPath,
      [...CONDITIONS, join(import.meta.dirname, 'helper-process.ts'), requests, answers],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    this.#child.unref();
    // Each waits for the other side to open it, in the order in which that does.
    this.#requests = openSync(requests, 'w');
    this.#answers = openSync(answers, 'r');
  }

  ask(request: Request): Answer {
    send(this.#requests, request);
    return receive(this.#answers) as Answer;
  }

  [Symbol.dispose](): void {
    // With its requests ends the process.
    closeSync(this.#requests);
    closeSync(this.#answers);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function send(descriptor: number, message: unknown): void {
  const body = serialize(message);
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt32LE(body.length);
  const whole = Buffer.concat([head, body]);
  for (let done = 0; done < whole.length; ) done += writeSync(descriptor, whole, done);
}

/** undefined where the other side has closed. */
export function receive(descriptor: number): unknown {
  const head = take(descriptor, LENGTH_BYTES);
  const body = head && take(descriptor, head.readUInt32LE());
  return body && deserialize(body);
}

function take(descriptor: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const count = readSync(descriptor, bytes, done, length - done, null);
    if (count === 0) return undefined;
    done += count;
  }
  return bytes;
}
