import { findFile, KohakuVaultError } from '@kohakuvault/core-native/internal';

const { existsSync } = process.getBuiltinModule('node:fs');
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url');

/** Returns the file with the program of the thread: beside the library, beside a bundle, or in its package. */
export function workerProgram(): string {
  const program = beside().find((file) => existsSync(file)) ?? installed();
  if (program !== undefined) return program;
  throw new KohakuVaultError(
    "the program of the thread is missing: 'kohakuvault/async-worker' must be a file of its own beside the bundle; " +
      'docs/guides/bundlers.md tells how',
    { code: 'KV_RUNTIME_UNSUPPORTED' },
  );
}

function beside(): string[] {
  const here = import.meta.url ?? pathToFileURL(__filename).href;
  const inSources = here.replace(/worker-program\.ts$/, 'async-worker.ts');
  if (inSources !== here) return [fileURLToPath(inSources)];
  const names = ['./async-worker.js', './async-worker.cjs', './async-worker.mjs'];
  return [literal(), ...names.map((name) => new URL(name, here))].flatMap((url) =>
    url?.protocol === 'file:' ? [fileURLToPath(url)] : [],
  );
}

/** The literal name is for @vercel/nft. webpack would make an asset of the file, without the modules that it imports. */
function literal(): URL | undefined {
  return import.meta.url === undefined
    ? undefined
    : new URL(/* webpackIgnore: true */ './async-worker.js', import.meta.url);
}

function installed(): string | undefined {
  const module = process.getBuiltinModule('node:module');
  return findFile('kohakuvault/async-worker', module.createRequire(import.meta.url ?? __filename));
}
