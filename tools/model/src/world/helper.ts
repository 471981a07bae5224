import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { CONDITIONS } from '../../../tasks/built.ts';
import type { Answer, Request } from './helper-requests.ts';

const LENGTH_BYTES = 4;

/** Another process that uses the library. Requests to it are synchronous, as the body of a transaction needs them. */
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
    // Each open waits for the other side, which opens the pipes in the same order.
    this.#requests = openSync(requests, 'w');
    this.#answers = openSync(answers, 'r');
  }

  ask(request: Request): Answer {
    send(this.#requests, request);
    return receive(this.#answers) as Answer;
  }

  [Symbol.dispose](): void {
    // The process ends with its requests.
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

/** Returns the next message; undefined if the other side has closed the pipe. */
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
