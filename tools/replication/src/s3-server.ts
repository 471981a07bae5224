import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What moto prints when it listens. */
const LISTENS = /Running on (http:\/\/127\.0\.0\.1:\d+)/;

/** An S3 server of this machine, which keeps its objects in memory: moto, a package of Python. */
export class S3Server {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Starts a server on a free port; returns undefined if none is installed. */
  static async start(): Promise<S3Server | undefined> {
    const program = process.env.KOHAKUVAULT_S3_SERVER ?? 'moto_server';
    const child = spawn(program, ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const isThere = await new Promise<boolean>((resolve) => {
      child.once('spawn', () => resolve(true)).once('error', () => resolve(false));
    });
    if (!isThere) return undefined;
    let printed = '';
    for await (const line of createInterface(child.stderr)) {
      printed += `${line}\n`;
      const [, url] = LISTENS.exec(line) ?? [];
      if (url === undefined) continue;
      // Its log has a line for each request.
      child.stderr.resume();
      return new S3Server(child, url);
    }
    throw new Error(`${program} ended:\n${printed}`);
  }

  async createBucket(name: string): Promise<void> {
    const { ok, status } = await fetch(`${this.url}/${name}`, { method: 'PUT' });
    if (!ok) throw new Error(`the S3 server refused a bucket: ${status}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
