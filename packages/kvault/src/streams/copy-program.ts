import { findFile } from '@kohakuvault/core-native/internal';

const { existsSync } = process.getBuiltinModule('node:fs');
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url');

/** The program of the copying thread; false if there is none. */
let program: string | false | undefined;

/**
 * Returns the file with the program of the thread that copies. The build puts it beside the library. A bundler may put
 * it beside the bundle, or leave it in its package; if it is in neither place, there is none.
 */
export function copyProgram(): string | undefined {
  program ??= beside().find((file) => existsSync(file)) ?? installed() ?? false;
  return program || undefined;
}

function beside(): string[] {
  const here = import.meta.url ?? pathToFileURL(__filename).href;
  const inSources = here.replace(/copy-program\.ts$/, 'worker/copy-worker.ts');
  if (inSources !== here) return [fileURLToPath(inSources)];
  const names = ['./copy-worker.js', './copy-worker.cjs', './copy-worker.mjs'];
  return [literal(), ...names.map((name) => new URL(name, here))].flatMap((url) =>
    url?.protocol === 'file:' ? [fileURLToPath(url)] : [],
  );
}

/** The literal name is for @vercel/nft. webpack would make an asset of the file, without the modules that it imports. */
function literal(): URL | undefined {
  return import.meta.url === undefined
    ? undefined
    : new URL(/* webpackIgnore: true */ './copy-worker.js', import.meta.url);
}

function installed(): string | undefined {
  const module = process.getBuiltinModule('node:module');
  return findFile('@kohakuvault/kvault/copy-worker', module.createRequire(import.meta.url ?? __filename));
}
