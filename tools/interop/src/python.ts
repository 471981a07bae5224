import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', '.venv');
/** The release whose files we read and write. */
const PACKAGES = ['kohakuvault==0.7.1', 'numpy'];

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
  const path = process.platform === 'win32' ? join(FOLDER, 'Scripts', 'python.exe') : join(FOLDER, 'bin', 'python');
  if (existsSync(path) && hasPackage(path)) return { path };
  return makeEnvironment() ?? { path };
}

/** Returns the message for tests that cannot run because there is no Python. */
export function notRun(missing: string): string {
  return `interop with Python: not run: ${missing}`;
}

function hasPackage(python: string): boolean {
  return spawnSync(python, ['-c', 'import kohakuvault, numpy']).status === 0;
}

/** Creates the virtualenv. If that fails, removes the incomplete folder and returns the reason. */
function makeEnvironment(): { missing: string } | undefined {
  const starter = process.platform === 'win32' ? 'python' : 'python3';
  if (spawnSync(starter, ['--version']).error) return { missing: `there is no ${starter}` };
  const made = spawnSync(starter, ['-m', 'venv', '--clear', FOLDER], { encoding: 'utf8' });
  if (made.status !== 0) return failed('a virtualenv could not be created', made.stderr + made.stdout);
  const pip = process.platform === 'win32' ? join(FOLDER, 'Scripts', 'pip.exe') : join(FOLDER, 'bin', 'pip');
  const installed = spawnSync(pip, ['install', '--quiet', '--retries', '1', ...PACKAGES], {
    encoding: 'utf8',
    timeout: LONGEST_INSTALL_MS,
  });
  if (installed.status !== 0) return failed(`${PACKAGES.join(' and ')} could not be installed`, installed.stderr);
  return undefined;
}

function failed(what: string, output: string): { missing: string } {
  rmSync(FOLDER, { recursive: true, force: true });
  const last = output.trim().split('\n').at(-1)?.trim();
  return { missing: last ? `${what} (${last})` : what };
}
