import { spawnSync } from 'node:child_process';

/** Names a Python that has the package; the default is the one on the PATH. */
export const PYTHON = process.env.KOHAKUVAULT_PYTHON ?? 'python3';

/** Returns the version of the Python package, if there is one. */
export function pythonVersion(): string | undefined {
  const program = "import importlib.metadata as m; print(m.version('kohakuvault'))";
  const { stdout, status } = spawnSync(PYTHON, ['-c', program], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
