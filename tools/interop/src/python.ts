import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A release whose files we read and write, where it is installed, and the variable that names another interpreter. */
interface Release {
  readonly version: string;
  readonly folder: string;
  readonly variable: string;
}

const OLD: Release = { version: '0.7.1', folder: '.venv', variable: 'KOHAKUVAULT_PYTHON' };
/** The release whose columns have other tables. */
export const NEW: Release = { version: '1.1.0', folder: '.venv-1', variable: 'KOHAKUVAULT_PYTHON_1' };

/** The time limit of pip, in milliseconds: without a network it may wait long. */
const LONGEST_INSTALL_MS = 5 * 60_000;

/** An interpreter that has the package, or the reason why there is none. */
export type Python = { path: string } | { missing: string };

/**
 * Returns the Python that the release's variable names, or that of this folder's virtualenv. Creates the virtualenv if
 * it is missing, which needs the network.
 */
export function findPython(release = OLD, named = process.env[release.variable]): Python {
  if (named) return hasPackage(named) ? { path: named } : { missing: `${named} has no kohakuvault and numpy` };
  const folder = join(import.meta.dirname, '..', release.folder);
  const path = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  if (existsSync(path) && hasPackage(path)) return { path };
  return makeEnvironment(folder, [`kohakuvault==${release.version}`, 'numpy']) ?? { path };
}

/** Returns the message for tests that cannot run because there is no Python. */
export function notRun(missing: string): string {
  return `interop with Python: not run: ${missing}`;
}

function hasPackage(python: string): boolean {
  return spawnSync(python, ['-c', 'import kohakuvault, numpy']).status === 0;
}

/** Creates the virtualenv. If that fails, removes the incomplete folder and returns the reason. */
function makeEnvironment(folder: string, packages: readonly string[]): { missing: string } | undefined {
  const starter = process.platform === 'win32' ? 'python' : 'python3';
  if (spawnSync(starter, ['--version']).error) return { missing: `there is no ${starter}` };
  const made = spawnSync(starter, ['-m', 'venv', '--clear', folder], { encoding: 'utf8' });
  if (made.status !== 0) return failed(folder, 'a virtualenv could not be created', made.stderr + made.stdout);
  const pip = process.platform === 'win32' ? join(folder, 'Scripts', 'pip.exe') : join(folder, 'bin', 'pip');
  const installed = spawnSync(pip, ['install', '--quiet', '--retries', '1', ...packages], {
    encoding: 'utf8',
    timeout: LONGEST_INSTALL_MS,
  });
  if (installed.status !== 0) {
    return failed(folder, `${packages.join(' and ')} could not be installed`, installed.stderr);
  }
  return undefined;
}

function failed(folder: string, what: string, output: string): { missing: string } {
  rmSync(folder, { recursive: true, force: true });
  const last = output.trim().split('\n').at(-1)?.trim();
  return { missing: last ? `${what} (${last})` : what };
}
