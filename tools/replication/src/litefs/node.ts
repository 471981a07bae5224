import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';

/** How a node comes to be the primary. */
export type Lease = { readonly consul: string } | { readonly primary: LiteFsNode };

const PATIENCE = 60_000;

/** A LiteFS with a file system of its own, which stands for a machine. */
export class LiteFsNode {
  readonly name: string;
  readonly url: string;
  readonly #program: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(program: string, folder: string, name: string, port: number) {
    this.#program = program;
    this.#folder = join(folder, name);
    this.name = name;
    this.url = `http://127.0.0.1:${port}`;
    mkdirSync(this.#mount, { recursive: true });
  }

  static async make(program: string, folder: string, name: string): Promise<LiteFsNode> {
    return new LiteFsNode(program, folder, name, await freePort());
  }

  /** The path of a vault's file in its file system. */
  get file(): string {
    return join(this.#mount, 'vault.db');
  }

  get #mount(): string {
    return join(this.#folder, 'mount');
  }

  /** Whether it has ended on its own: it does if it loses the lease in the middle of a commit. */
  get hasEnded(): boolean {
    return this.#child?.exitCode !== null;
  }

  async isPrimary(): Promise<boolean> {
    const response = await fetch(`${this.url}/info`);
    return ((await response.json()) as { isPrimary: boolean }).isPrimary;
  }

  async start(lease: Lease): Promise<void> {
    const config = join(this.#folder, 'litefs.yml');
    writeFileSync(
      config,
      `fuse:
  dir: ${this.#mount}
data:
  dir: ${join(this.#folder, 'data')}
http:
  addr: 127.0.0.1:${new URL(this.url).port}
tracing:
  enabled: false
lease:
${this.#leaseLines(lease)
  .map((line) => `  ${line}\n`)
  .join('')}`,
    );
    const child = spawn(this.#program, ['mount', '-config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#log = '';
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`LiteFS ${this.name} does not get ready:\n${this.#log}`)),
        PATIENCE,
      );
      child.once('exit', (status) => reject(new Error(`LiteFS ${this.name} ended with ${status}:\n${this.#log}`)));
      const listen = (chunk: Buffer) => {
        this.#log = (this.#log + chunk).slice(-20_000);
        if (!this.#log.includes('connected to cluster, ready')) return;
        clearTimeout(timer);
        resolve();
      };
      for (const stream of [child.stdout, child.stderr]) stream.on('data', listen);
    });
    this.#child = child;
    await ready;
  }

  /** Has the primary hand its lease over to this node, once the two are connected. */
  async promote(): Promise<void> {
    await this.#until('is not promoted', async () => (await fetch(`${this.url}/promote`, { method: 'POST' })).ok);
    await this.becomesPrimary();
  }

  becomesPrimary(): Promise<void> {
    return this.#until('does not become the primary', () => this.isPrimary());
  }

  async #until(otherwise: string, isSo: () => Promise<boolean>): Promise<void> {
    let cause: unknown;
    for (const end = performance.now() + PATIENCE; performance.now() < end; await after(50)) {
      try {
        if (await isSo()) return;
      } catch (error) {
        cause = error;
        break;
      }
    }
    throw new Error(`LiteFS ${this.name} ${otherwise}:\n${this.#log}`, { cause });
  }

  /** Ends it, in order or as when the machine is lost. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    // The file system of a killed LiteFS stays mounted, and answers with errors.
    spawnSync('fusermount', ['-u', '-z', this.#mount]);
  }

  #leaseLines(lease: Lease): string[] {
    if ('consul' in lease) {
      return [
        'type: consul',
        `advertise-url: ${this.url}`,
        `hostname: ${this.name}`,
        'candidate: true',
        'consul:',
        `  url: ${lease.consul}`,
        '  key: litefs/primary',
      ];
    }
    const { primary } = lease;
    return [
      'type: static',
      `advertise-url: ${primary.url}`,
      `hostname: ${primary.name}`,
      `candidate: ${primary === this}`,
    ];
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
