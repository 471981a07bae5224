import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Framework } from './frameworks.ts';
import { run } from './run.ts';

export const root = join(import.meta.dirname, '../../..');
const HERE = join(import.meta.dirname, '..');

/** The packages of the workspace that programs in the project import, from where this tool has them. */
const LINKED = [
  '@kohakuvault/columns',
  '@kohakuvault/core-native',
  '@kohakuvault/kvault',
  '@kohakuvault/packer',
  '@kohakuvault/text',
  '@kohakuvault/vector',
  '@types/node',
  'better-sqlite3',
  'vitest',
];

/**
 * Makes a project that has a framework installed, and a copy of the adapters for it: so they find the framework, and the
 * rest of our packages in the workspace.
 */
export async function makeProject(
  folder: string,
  name: string,
  { install, adapters, without = [] }: Framework,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: install }, null, 2),
  );
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', '--prefer-offline'];
  await run('npm', ['install', '--ignore-scripts', '--legacy-peer-deps', ...quiet], folder);
  for (const linked of LINKED) link(join(HERE, 'node_modules', linked), join(folder, 'node_modules', linked));
  for (const adapter of ['shared', ...adapters]) {
    const path = `packages/adapters/${adapter}`;
    const from = join(root, path);
    cpSync(from, join(folder, path), { recursive: true, filter: (file) => isCopied(relative(from, file)) });
    if (adapter !== 'shared') link(join(folder, path), join(folder, 'node_modules/@kohakuvault', adapter));
  }
  for (const path of without) rmSync(join(folder, 'packages/adapters', path), { recursive: true, force: true });
  for (const path of ['tsconfig.base.json', 'tools/testing/src']) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  const fixtures = join(HERE, 'fixtures', name);
  if (existsSync(fixtures)) cpSync(fixtures, join(folder, 'fixtures'), { recursive: true });
}

/** The types of peers stand for a framework that is not installed; here it is. */
function isCopied(path: string): boolean {
  return !path.split(/[/\\]/).some((part) => part === 'node_modules' || part === 'dist' || part === 'peers.d.ts');
}

/** Puts a link in place of whatever npm has installed. */
function link(target: string, path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(target), path, 'junction');
}
