import { spawnSync } from 'node:child_process';

/** Names a Python that has the package; the default is the one on the PATH. */
export const PYTHON = process.env.KOHAKUVAULT_PYTHON ?? 'python3';

/** Names a Python that has version 1.x of the package, which keeps columns in other tables than 0.7. */
export const PYTHON_1X = process.env.KOHAKUVAULT_PYTHON_1X;

/** Returns the version of the package of a Python, if there is one. */
export function pythonVersion(interpreter = PYTHON): string | undefined {
  const program = "import importlib.metadata as m; print(m.version('kohakuvault'))";
  const { stdout, status } = spawnSync(interpreter, ['-c', program], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
