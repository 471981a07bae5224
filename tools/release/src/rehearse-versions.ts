import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Complaints, Report } from '../../pack-check/src/report.ts';

/** Has changesets bump versions in a copy of the repository, and checks which packages it bumped. */
export function rehearseVersions(report: Report, root: string, copy: string): void {
  report.check('a patch of one package bumps it and those that pin it', () => {
    cloneAsReleased(root, copy);
    return expectBumps(copy, { '@kohakuvault/ordered': 'patch' }, ['@kohakuvault/ordered', 'kohakuvault']);
  });
  report.check('a breaking change bumps the package and those that depend on it, directly or not', () => {
    cloneAsReleased(root, copy);
    return expectBumps(copy, { '@kohakuvault/kvault': 'minor' }, ['@kohakuvault/kvault', 'kohakuvault']);
  });
  report.check(
    'a patch of the core bumps every package, and the core and its platform packages keep one version',
    () => {
      cloneAsReleased(root, copy);
      const all = versions(copy);
      const bumped = bumps(copy, { '@kohakuvault/core-native': 'patch' });
      const core = [...bumped].filter(([name]) => name.startsWith('@kohakuvault/core-native'));
      const coreVersions = new Set(core.map(([, version]) => version));
      return core.length === 9 && coreVersions.size === 1 && bumped.size === all.size
        ? []
        : [`bumped: ${[...bumped].join(' ')}`];
    },
  );
}

/** Creates a copy of the repository in which all pending changesets have been released. */
function cloneAsReleased(root: string, copy: string): void {
  rmSync(copy, { recursive: true, force: true });
  git(root, 'clone', '--quiet', '.', copy);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  version(copy);
  commit(copy);
}

function expectBumps(copy: string, changeset: Record<string, string>, expected: readonly string[]): Complaints {
  const bumped = [...bumps(copy, changeset).keys()].sort();
  return bumped.join() === [...expected].sort().join()
    ? []
    : [`bumped ${bumped.join(', ')}; expected ${expected.join(', ')}`];
}

/** Returns the packages that a changeset bumps, with their new versions. */
function bumps(copy: string, changeset: Record<string, string>): Map<string, string> {
  const before = versions(copy);
  const front = Object.entries(changeset).map(([name, kind]) => `"${name}": ${kind}\n`);
  writeFileSync(join(copy, '.changeset/rehearsal.md'), `---\n${front.join('')}---\n\nA rehearsal.\n`);
  version(copy);
  return new Map([...versions(copy)].filter(([name, version]) => before.get(name) !== version));
}

function versions(copy: string): Map<string, string> {
  const folders = ['packages', 'packages/adapters', 'packages/core-native/npm'].map((path) => join(copy, path));
  const manifests = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name, 'package.json')));
  return new Map(
    manifests.flatMap((file) => {
      try {
        const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
        return [[name, version] as const];
      } catch {
        return [];
      }
    }),
  );
}

function version(copy: string): void {
  execFileSync(process.execPath, [join(copy, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function commit(copy: string): void {
  git(copy, 'add', '--all');
  git(copy, '-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost', 'commit', '--quiet', '-m', 'Released');
}

function git(cwd: string, ...args: string[]): void {
  execFileSync('git', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}
