import type BetterSqlite3 from 'better-sqlite3';
import { KohakuVaultError } from '../errors/errors.ts';
import { embedded } from '../native/embedded.ts';
import { targetOf } from '../native/platform.ts';
import { findFile, isBundled } from '../native/program.ts';

type Constructor = typeof BetterSqlite3;

/** The supported major versions of better-sqlite3, each with the Node-API version that its binary needs. */
const NODE_API_OF_MAJOR: Record<number, number> = { 12: 8, 13: 10 };
const LEAST_MINOR_OF_12 = 11;

/** A better-sqlite3 that was found, and not loaded yet. */
interface Found {
  readonly version: string;
  load(): Constructor;
}

let loaded: Constructor | undefined;

/** Returns the better-sqlite3 that the user has installed. Only this function loads it. */
export function betterSqlite3(): Constructor {
  loaded ??= load();
  return loaded;
}

function unsupported(message: string, cause?: unknown): KohakuVaultError {
  return new KohakuVaultError(message, { code: 'KV_RUNTIME_UNSUPPORTED', ...(cause === undefined ? {} : { cause }) });
}

/**
 * Whether a `Database` is of a better-sqlite3 that calls back through Node-API, as version 13 and its variants do and
 * older ones do not. Version 13 brought `explain`.
 */
export function callsBackThroughNodeApi(database: object): boolean {
  return typeof (database as { explain?: unknown }).explain === 'function';
}

function load(): Constructor {
  let found: Found;
  try {
    found = find();
  } catch (cause) {
    throw unsupported(whyMissing(), cause);
  }
  const { version } = found;
  checkRuntime(version, Number(process.versions.napi ?? 0), process.version);
  try {
    const Database = found.load();
    // The first database loads the binary, not the module.
    new Database(':memory:').close();
    return Database;
  } catch (cause) {
    throw unsupported(
      `better-sqlite3 ${version} does not load in Node ${process.version}; rebuild it with this Node: ` +
        'npm rebuild better-sqlite3',
      cause,
    );
  }
}

function whyMissing(): string {
  const module = process.getBuiltinModule('node:module');
  return isBundled('@kohakuvault/core-native', module.createRequire(import.meta.url ?? __filename))
    ? 'KohakuVault needs better-sqlite3, which is neither in this bundled program nor beside it: the bundler left it ' +
        'behind. Keep it external and install it beside the program (npm install better-sqlite3); ' +
        'docs/guides/bundlers.md of KohakuVault tells how, for each bundler'
    : 'KohakuVault needs better-sqlite3, which is not installed; npm install better-sqlite3';
}

/** Finds better-sqlite3 from here; beside a program that was bundled; or inside one that Bun compiled. */
function find(): Found {
  const module = process.getBuiltinModule('node:module');
  // The same form as in `native/binding.ts`, for the same tools.
  const requireHere = module.createRequire(import.meta.url ?? __filename);
  try {
    const { version } = requireHere('better-sqlite3/package.json') as { version: string };
    return { version, load: () => requireHere('better-sqlite3') as Constructor };
  } catch (error) {
    const manifest = findFile('better-sqlite3/package.json', requireHere);
    if (manifest !== undefined) {
      const requireThere = module.createRequire(manifest);
      const { version } = requireThere(manifest) as { version: string };
      return { version, load: () => requireThere('better-sqlite3') as Constructor };
    }
    const inside = embedded();
    if (inside) return { version: inside.betterSqlite3Version(), load: () => inside.betterSqlite3(targetOf()) };
    throw error;
  }
}

/** Refuses a better-sqlite3 that this process cannot load: some versions would end the process, not throw. */
export function checkRuntime(version: string, nodeApi: number, node: string, name = 'better-sqlite3'): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const needed = NODE_API_OF_MAJOR[major];
  if (needed === undefined || (major === 12 && minor < LEAST_MINOR_OF_12)) {
    const wanted = nodeApi >= 10 ? '13' : '12';
    throw unsupported(
      `KohakuVault needs ${name} 12.11 to 13, and ${version} is installed; npm install ${name}@${wanted}`,
    );
  }
  if (nodeApi < needed) {
    throw unsupported(
      `${name} ${version} needs Node-API ${needed}, and Node ${node} has ${nodeApi}; ` +
        `npm install ${name}@12, or use Node 22.14 or newer`,
    );
  }
}

/**
 * Returns the class of better-sqlite3-multiple-ciphers. Some package managers show it only to those that declare it, so
 * it is looked for from the core, from the program and from the current folder.
 */
export function multipleCiphers(): Constructor {
  const name = 'better-sqlite3-multiple-ciphers';
  let cause: unknown;
  for (const require of requires()) {
    let version: string;
    try {
      version = (require(`${name}/package.json`) as { version: string }).version;
    } catch (error) {
      cause = error;
      continue;
    }
    checkRuntime(version, Number(process.versions.napi ?? 0), process.version, name);
    return require(name) as Constructor;
  }
  throw unsupported(`the driver ${name} is not installed; npm install ${name}`, cause);
}

/** Whether the core finds this class in the package of that name. No binary is loaded for that. */
export function isExportOf(name: string, Class: unknown): boolean {
  // Inside a program that Bun compiled nothing can be required by its name.
  if (name === 'better-sqlite3' && loaded !== undefined && Class === loaded) return true;
  for (const require of requires()) {
    try {
      return require(name) === Class;
    } catch {
      // Not installed there.
    }
  }
  return false;
}

function requires(): NodeJS.Require[] {
  const { resolve } = process.getBuiltinModule('node:path');
  const { createRequire } = process.getBuiltinModule('node:module');
  return [import.meta.url ?? __filename, resolve(process.argv[1] ?? ''), resolve('package.json')].map((place) =>
    createRequire(place),
  );
}
