import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HERE, PACKAGE } from '../api/here.ts';

/** Returns the file with the program of the thread; undefined where a bundler has left it out. */
export function taskProgram(): string | undefined {
  const isSource = HERE.endsWith('.ts');
  const file = fileURLToPath(new URL(isSource ? 'src/tasks/task-worker.ts' : 'dist/task-worker.js', PACKAGE));
  return existsSync(file) ? file : undefined;
}
