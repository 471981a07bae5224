/**
 * Where packages are found. Normally that is from this file. A bundler may have moved the code away from the packages
 * that it needs, or put it into an executable; then they are looked for beside the program.
 */
const { createRequire } = process.getBuiltinModule('node:module');
const { dirname } = process.getBuiltinModule('node:path');

/** Our packages: with isolated `node_modules` (pnpm), a package is found only from the one that depends on it. */
const OWN = [
  'kohakuvault',
  ...['kvault', 'columns', 'vector', 'text', 'ordered', 'packer', 'core-native'].map((id) => `@kohakuvault/${id}`),
];

/** Returns a `require` for each place from which a package may be found, the given ones first. */
function* places(starts: readonly NodeJS.Require[]): Generator<NodeJS.Require> {
  yield* starts;
  const seen = new Set<string>();
  const next = [...starts];
  for (let from = next.shift(); from; from = next.shift()) {
    for (const name of OWN) {
      const manifest = attempt(() => from?.resolve(`${name}/package.json`));
      if (manifest === undefined || seen.has(manifest)) continue;
      seen.add(manifest);
      const inside = createRequire(manifest);
      next.push(inside);
      yield inside;
    }
  }
}

/** Returns the script that runs, and an executable that holds one. */
function programs(): string[] {
  const { argv, execPath } = process;
  const script = argv[1] ?? '';
  const isInside = process.getBuiltinModule('node:sea')?.isSea() || /^(?:\/\$bunfs\/|B:[/\\]~BUN[/\\])/i.test(script);
  return [...(/[/\\]/.test(script) ? [script] : []), ...(isInside ? [execPath] : [])];
}

/** Returns the file that a package, or a file in it, is found in, from here or beside the program that runs. */
export function findFile(specifier: string, here: NodeJS.Require): string | undefined {
  return find(specifier, [here, ...programs().flatMap((file) => attempt(() => createRequire(file)) ?? [])]);
}

/** Returns the file that another program would find. */
export function findFileBeside(specifier: string, program: string): string | undefined {
  return find(specifier, [createRequire(program)]);
}

function find(specifier: string, starts: readonly NodeJS.Require[]): string | undefined {
  for (const require of places(starts)) {
    const file = attempt(() => require.resolve(specifier));
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Whether code of a package runs elsewhere than in its package. `here` is where the code is. */
export function isBundled(name: string, here: NodeJS.Require): boolean {
  const manifest = attempt(() => here.resolve(`${name}/package.json`));
  if (manifest === undefined) return true;
  const [file] = here.resolve.paths('./beside') ?? [];
  return file !== undefined && !file.startsWith(dirname(manifest));
}

/** Whether an error says that a module or its file does not exist. Yarn's PnP has codes of its own. */
export function isNotFound(error: unknown): boolean {
  const { code, pnpCode, message } = (error ?? {}) as { code?: unknown; pnpCode?: unknown; message?: unknown };
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND' || pnpCode !== undefined) return true;
  // What a program that Bun compiled throws for a module that was not there when it was built.
  return String(message).startsWith('Cannot require module');
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
