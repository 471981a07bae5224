import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSTALLED = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root, so root runs it as nobody. */
const NOBODY = 65_534;

/**
 * Returns the folder with the programs of a PostgreSQL: the one that the environment names, or the newest that Debian has
 * installed here; undefined if there is none.
 */
export function findServer(): string | undefined {
  const named = process.env.KOHAKUVAULT_POSTGRES_PROGRAMS;
  if (named) return named;
  if (!existsSync(INSTALLED)) return undefined;
  const versions = readdirSync(INSTALLED)
    .map(Number)
    .filter((version) => version >= 15);
  const programs = versions.sort((a, b) => b - a).map((version) => join(INSTALLED, String(version), 'bin'));
  return programs.find((folder) => existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')));
}

/** A PostgreSQL server of a test, on a socket in a temporary folder. */
export class LocalServer implements AsyncDisposable {
  readonly url: string;
  /** The longest file that the server may write from its next start on, in blocks of 512 bytes. */
  fileLimit: number | 'unlimited' = 'unlimited';
  readonly #programs: string;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #server: ChildProcess | undefined;

  private constructor(programs: string, settings: readonly string[]) {
    this.#settings = settings;
    this.#programs = programs;
    this.#folder = mkdtempSync(join(tmpdir(), 'kohakuvault-pg-'));
    this.url = `postgres://tester@${encodeURIComponent(this.#folder)}/postgres`;
    if (identity().uid !== undefined) chownSync(this.#folder, NOBODY, NOBODY);
    chmodSync(this.#folder, 0o700);
    // If a test ends in the middle, the server must not stay.
    process.once('exit', () => this.endNow());
  }

  /** Creates a database cluster and starts its server. */
  static async start(programs: string, ...settings: string[]): Promise<LocalServer> {
    const server = new LocalServer(programs, settings);
    server.#run('initdb', '--username=tester', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync');
    await server.restart();
    return server;
  }

  /** Starts another server that follows this one, under a name. It can be read, and promoted. */
  async standby(name: string): Promise<LocalServer> {
    const server = new LocalServer(this.#programs, this.#settings);
    const source = `host=${this.#folder} user=tester application_name=${name}`;
    server.#run('pg_basebackup', '-d', source, '-X', 'stream', '--checkpoint=fast', '--no-sync', '-R');
    await server.restart();
    return server;
  }

  /** Starts the server, again after `kill`. Resolves when it takes connections. */
  async restart(): Promise<void> {
    // No test cuts the power.
    const settings = [
      'fsync=off',
      'listen_addresses=',
      `unix_socket_directories=${this.#folder}`,
      'max_connections=40',
      // As the guide advises: a few statements on partitions would be compiled for half a second each.
      'jit=off',
      ...this.#settings,
    ];
    const words = ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])];
    const limited = ['-c', 'ulimit -f "$0" && exec "$@"', String(this.fileLimit), join(this.#programs, 'postgres')];
    const server = spawn('sh', [...limited, ...words], {
      ...identity(),
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server = server;
    let log = '';
    await new Promise<void>((resolve, reject) => {
      server.stderr.setEncoding('utf8');
      server.stderr.on('data', (text: string) => {
        log += text;
        if (/ready to accept (?:read-only )?connections/.test(log)) resolve();
      });
      server.once('exit', () => reject(new Error(`the server did not start: ${log}`)));
    });
  }

  /** Ends the server as a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  /** Ends the server without waiting, for the end of the process. */
  endNow(): void {
    this.#server?.kill('SIGQUIT');
    // Until it has ended, it may write into the folder.
    if (this.#server) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs a program that fills the folder of the data. */
  #run(program: string, ...words: readonly string[]): void {
    const settings = { ...identity(), cwd: this.#folder, stdio: 'pipe' } as const;
    execFileSync(join(this.#programs, program), ['-D', this.#data, ...words], settings);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }
}

function identity(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}
