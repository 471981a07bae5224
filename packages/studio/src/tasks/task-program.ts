import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Returns the file with the program of the thread. The build puts it beside the library. */
export function taskProgram(): string | undefined {
  const here = import.meta.url;
  const inSources = here.replace(/task-program\.ts$/, 'task-worker.ts');
  const file = fileURLToPath(inSources !== here ? inSources : new URL('./task-worker.js', here));
  return existsSync(file) ? file : undefined;
}
