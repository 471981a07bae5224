import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The release whose files we read and write, and those that have texts. */
const RELEASES = ['0.7.1', '0.8.6', '1.1.0'] as const;
export type Release = (typeof RELEASES)[number];

/** The time limit of pip, in milliseconds: without a network it may wait long. */
const LONGEST_INSTALL_MS = 5 * 60_000;

/** An interpreter that has the package, or the reason why there is none. */
export type Python = { path: string } | { missing: string };

/**
 * Returns the Python that KOHAKUVAULT_PYTHON names, or that of this folder's virtualenv. Creates the virtualenv if it
 * is missing, which needs the network.
 */
export function findPython(named = process.env.KOHAKUVAULT_PYTHON): Python {
  if (named) return hasPackage(named) ? { path: named } : { missing: `${named} has no kohakuvault and numpy` };
  return pythonOf('0.7.1');
}

/** Returns the Python of a release's virtualenv in this folder, which it creates if it is missing. */
export function pythonOf(release: Release): Python {
  const folder = folderOf(release);
  const path = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  if (existsSync(path) && hasPackage(path)) return { path };
  return makeEnvironment(release) ?? { path };
}

function folderOf(release: Release): string {
  return join(import.meta.dirname, '..', release === RELEASES[0] ? '.venv' : `.venv-${release}`);
}

/** Returns the message for tests that cannot run because there is no Python. */
export function notRun(missing: string): string {
  return `interop with Python: not run: ${missing}`;
}

function hasPackage(python: string): boolean {
  return spawnSync(python, ['-c', 'import kohakuvault, numpy']).status === 0;
}

/** Creates the virtualenv. If that fails, removes the incomplete folder and returns the reason. */
function makeEnvironment(release: Release): { missing: string } | undefined {
  const folder = folderOf(release);
  const packages = [`kohakuvault==${release}`, 'numpy'];
  const starter = process.platform === 'win32' ? 'python' : 'python3';
  if (spawnSync(starter, ['--version']).error) return { missing: `there is no ${starter}` };
  const made = spawnSync(starter, ['-m', 'venv', '--clear', folder], { encoding: 'utf8' });
  if (made.status !== 0) return failed(folder, 'a virtualenv could not be created', made.stderr + made.stdout);
  const pip = process.platform === 'win32' ? join(folder, 'Scripts', 'pip.exe') : join(folder, 'bin', 'pip');
  const installed = spawnSync(pip, ['install', '--quiet', '--retries', '1', ...packages], {
    encoding: 'utf8',
    timeout: LONGEST_INSTALL_MS,
  });
  if (installed.status !== 0)
    return failed(folder, `${packages.join(' and ')} could not be installed`, installed.stderr);
  return undefined;
}

function failed(folder: string, what: string, output: string): { missing: string } {
  rmSync(folder, { recursive: true, force: true });
  const last = output.trim().split('\n').at(-1)?.trim();
  return { missing: last ? `${what} (${last})` : what };
}
