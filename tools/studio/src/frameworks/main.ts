// Runs `studioHandler` inside of Express, Hono and Next, which are installed into a folder of their own for that.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { run } from '../../../adapters/src/run.ts';
import { checkMounted } from './check.ts';
import { startedApp } from './started-app.ts';

const HERE = join(import.meta.dirname, '../..');
const PACKAGES = join(HERE, '../../packages');
/** The packages of the workspace that an app gets: copies, as an installation makes them. Next bundles what is linked. */
const COPIED = ['studio', 'kvault', 'columns', 'core-native', 'packer', 'text', 'vector'];
/** What they depend on. */
const BESIDE = { ajv: '^8.0.0', 'ajv-formats': '^3.0.0' };

const APPS: Readonly<Record<string, { install: Record<string, string>; words: readonly string[] }>> = {
  express: { install: { express: '^5.0.0' }, words: ['app.mjs'] },
  hono: { install: { hono: '^4.0.0', '@hono/node-server': '^2.0.0' }, words: ['app.mjs'] },
  next: {
    install: { next: '^16.0.0', react: '^19.0.0', 'react-dom': '^19.0.0' },
    words: ['node_modules/next/dist/bin/next', 'start', '--hostname', '127.0.0.1', '--port', '0'],
  },
};

const asked = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'kohakuvault-frameworks-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

for (const [name, { install, words }] of Object.entries(APPS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const folder = join(home, name);
  try {
    await makeProject(folder, name, install);
    const file = join(folder, 'app.db');
    {
      using vault = new KVault(file);
      vault.set('greeting', 'hello');
      vault.set('bytes', Buffer.from(Uint8Array.from({ length: 1_000 }, (_, at) => at % 256)));
    }
    if (name === 'next') await run(process.execPath, ['node_modules/next/dist/bin/next', 'build', '--webpack'], folder);
    await using app = await startedApp(folder, words, file);
    await checkMounted(app, file);
    console.log(`ok     ${name}: the page, ranges, uploads, events and canceled work`);
  } catch (error) {
    console.log(`FAILED ${name}\n${(error as Error).stack}`);
    process.exitCode = 1;
  }
}

async function makeProject(folder: string, name: string, dependencies: Record<string, string>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const described = { private: true, type: 'module', dependencies: { ...dependencies, ...BESIDE } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(described));
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], folder);
  const modules = join(folder, 'node_modules');
  const copy = (from: string, to: string) => {
    for (const part of ['package.json', 'dist']) cpSync(join(from, part), join(to, part), { recursive: true });
  };
  for (const each of COPIED) copy(join(PACKAGES, each), join(modules, '@kohakuvault', each));
  const natives = join(PACKAGES, 'core-native/npm');
  for (const platform of readdirSync(natives)) {
    cpSync(join(natives, platform), join(modules, `@kohakuvault/core-native-${platform}`), { recursive: true });
  }
  symlinkSync(realpathSync(join(HERE, 'node_modules/better-sqlite3')), join(modules, 'better-sqlite3'), 'junction');
  cpSync(join(HERE, 'fixtures/frameworks', name), folder, { recursive: true });
}
