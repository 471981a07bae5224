import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildWithGo } from './go-program.ts';

/** Builds Litestream. Returns the path of the program; undefined without Go. */
export function buildLitestream(): string | undefined {
  return buildWithGo('github.com/benbjohnson/litestream/cmd/litestream', 'v0.5.18');
}

/** Litestream refuses to start if it is to add certificates for S3: it has an HTTP client of its own. */
const { AWS_CA_BUNDLE: _, ...env } = process.env;

/** A Litestream that replicates one file. */
export class Litestream {
  readonly #program: string;
  readonly #config: string;
  readonly #file: string;
  #child: ChildProcess | undefined;

  /** `replica` has the lines of its configuration that say where to. */
  constructor(program: string, folder: string, file: string, replica: readonly string[]) {
    this.#program = program;
    this.#file = file;
    this.#config = join(folder, 'litestream.yml');
    writeFileSync(
      this.#config,
      `l0-retention: 24h
snapshot:
  interval: 20s
  retention: 24h
dbs:
  - path: ${file}
    monitor-interval: 50ms
    replica:
      sync-interval: 100ms
${replica.map((line) => `      ${line}\n`).join('')}`,
    );
  }

  start(): void {
    const child = spawn(this.#program, ['replicate', '-config', this.#config], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Its log is long. It is shown if Litestream ends and was not killed.
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        log = (log + chunk).slice(-20_000);
      });
    }
    child.on('exit', (status, signal) => {
      if (signal === null && status !== 0) console.error(`Litestream ended with ${status}:\n${log}`);
    });
    this.#child = child;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Restores the file as it was at a time, by default the newest state. */
  async restore(output: string, at?: Date): Promise<void> {
    const time = at ? ['-timestamp', at.toISOString()] : [];
    const words = ['restore', '-config', this.#config, '-o', output, ...time, this.#file];
    await promisify(execFile)(this.#program, words, { env });
  }
}
