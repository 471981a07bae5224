// The frameworks and the stores that are compared with our adapters are installed on demand, into `adapter-peers/`.
// README.md says how.
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const manifest = join(import.meta.dirname, '../adapter-peers/package.json');
const parentURL = pathToFileURL(manifest).href;

/** The frameworks that our own adapters import, and that the workspace does not have. */
const FRAMEWORKS = /^@(?:langchain|mastra)\//;
let isHooked = false;

/** Imports a module of a peer. Throws as `import` does if it is not installed. */
export async function adapterPeer<T>(name: string): Promise<T> {
  useFrameworks();
  return (await import(pathToFileURL(createRequire(manifest).resolve(name)).href)) as T;
}

/** Has our own adapters find their frameworks among the peers, and the peers the better-sqlite3 that we use too. */
export function useFrameworks(): void {
  if (isHooked) return;
  isHooked = true;
  // The peers require it, and a place to look from counts for `import` alone.
  const url = import.meta.resolve('better-sqlite3');
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'better-sqlite3') return { url, format: 'commonjs', shortCircuit: true };
      return next(specifier, FRAMEWORKS.test(specifier) ? { ...context, parentURL } : context);
    },
  });
}
