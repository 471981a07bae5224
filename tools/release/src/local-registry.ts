import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { run } from '../../pack-check/src/run.ts';

/**
 * Not a dependency of the workspace: it would install hundreds of packages for everybody, and only a rehearsal needs
 * them. It depends on one of them by a tag, which mirrors of the registry may lack.
 */
const VERDACCIO = {
  private: true,
  dependencies: { verdaccio: '6.10.4' },
  overrides: { 'node-fetch': '2.7.0' },
};

/**
 * A registry on this machine. It takes what is published to it, and fetches everything else from the usual registry.
 */
export class LocalRegistry implements AsyncDisposable {
  readonly url: string;
  /** The npm configuration that names this registry. */
  readonly npmrc: string;
  readonly #process: ChildProcess;

  private constructor(url: string, npmrc: string, process: ChildProcess) {
    this.url = url;
    this.npmrc = npmrc;
    this.#process = process;
  }

  static async start(folder: string): Promise<LocalRegistry> {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(VERDACCIO));
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
    const upstream = (await run('npm', ['config', 'get', 'registry'], folder)).trim().split('\n').at(-1) as string;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const config = {
      storage: join(folder, 'storage'),
      uplinks: { usual: { url: upstream, timeout: '120s', maxage: '1h' } },
      packages: {
        // The rehearsed packages come from nowhere else.
        '@kohakuvault/*': { access: '$all', publish: '$all' },
        kohakuvault: { access: '$all', publish: '$all' },
        '**': { access: '$all', proxy: 'usual' },
      },
      max_body_size: '100mb',
      log: { type: 'stdout', level: 'warn' },
    };
    const file = join(folder, 'verdaccio.json');
    // Its configuration is YAML, and JSON is valid YAML.
    writeFileSync(file, JSON.stringify(config));
    const npmrc = join(folder, 'npmrc');
    // npm publishes only with a token, which this registry ignores.
    writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=none\n`);
    const program = join(folder, 'node_modules/verdaccio/bin/verdaccio');
    const child = spawn(process.execPath, [program, '--config', file, '--listen', `127.0.0.1:${port}`], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const registry = new LocalRegistry(url, npmrc, child);
    try {
      await registry.#ready();
    } catch (error) {
      child.kill();
      throw error;
    }
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
  }

  /** Waits until the registry has printed its address. */
  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      let said = '';
      const listen = (chunk: Buffer) => {
        said += chunk;
        if (said.includes('http address')) resolve();
      };
      this.#process.stdout?.on('data', listen);
      this.#process.stderr?.on('data', listen);
      this.#process.on('error', reject);
      this.#process.on('exit', (status) => reject(new Error(`verdaccio ended with ${status}:\n${said}`)));
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
