import { KohakuVaultError } from '../errors/errors.ts';
import { makeNativeError } from '../errors/native-errors.ts';
import { messageOf } from '../realms/any-realm.ts';
import type { NativeBinding } from './binding-types.ts';
import { BUILD_ID } from './constants.ts';
import { embedded } from './embedded.ts';
import { whyMissing } from './missing.ts';
import { targetOf } from './platform.ts';
import { findFile, isNotFound } from './program.ts';

export type { BlobKey, BlobKeyPart, NativeBinding } from './binding-types.ts';

/** The loaded core, and the file it came from, which SQLite loads as its extension. */
export interface NativeCore {
  binding: NativeBinding;
  file: string;
}

let loaded: NativeCore | undefined;

/** The variable that names another file of the core to load, for those who work on it. */
export const OVERRIDE = 'KOHAKUVAULT_NATIVE';

/** Returns the core, and loads it at its first use. To import a package loads nothing native. */
export function nativeCore(): NativeCore {
  if (!loaded) {
    const core = load();
    core.binding.setErrorFactory(makeNativeError);
    loaded = core;
  }
  return loaded;
}

/** Something that can be loaded, and how messages name it. */
interface Candidate {
  readonly name: string;
  require(): NativeBinding;
  /** Returns the file, for messages: it could not be loaded. */
  file(): string | undefined;
  missing(): string;
}

function load(): NativeCore {
  const override = process.env[OVERRIDE];
  const candidate = override === undefined ? installed(targetOf()) : named(override);
  let exports: NativeBinding;
  try {
    exports = candidate.require();
  } catch (cause) {
    if (isNotFound(cause)) throw missing(candidate.missing(), cause);
    throw missing(
      `the native core was found at ${candidate.file()} (${candidate.name}) but the system refused to load it: ` +
        `${messageOf(cause)}. Reinstall on the platform the program runs on, or build the core again`,
      cause,
    );
  }
  // An executable may hold the library inside itself: it was loaded from a copy then.
  const file = exports.libraryFile?.() ?? candidate.file() ?? candidate.name;
  refuseOtherBuild(exports, file, candidate.name);
  // V8 keeps an addon's many functions in a hash table that each call would look into. It lays out the properties of a
  // prototype so that they are found at once.
  return { binding: Object.create(exports) as NativeBinding, file };
}

/** The file that the user names. */
function named(file: string): Candidate {
  const module = process.getBuiltinModule('node:module');
  return {
    name: OVERRIDE,
    require: () => module.createRequire(import.meta.url ?? __filename)(file) as NativeBinding,
    file: () => file,
    missing: () =>
      `${OVERRIDE} is ${file}, but there is no such file: correct the variable, or unset it to use the installed core`,
  };
}

/** The package of this platform. */
function installed(target: string): Candidate {
  const name = `@kohakuvault/core-native-${target}`;
  const module = process.getBuiltinModule('node:module');
  const here = module.createRequire(import.meta.url ?? __filename);
  return {
    name,
    require() {
      try {
        return requirePackage(target);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        const file = findFile(name, here);
        if (file === undefined) throw error;
        return here(file) as NativeBinding;
      }
    },
    file: () => findFile(name, here),
    missing: () => whyMissing(target, here),
  };
}

/**
 * Requires the package of a platform. @vercel/nft, and so Next.js, Vercel and Nitro, find the packages whose names are
 * literals in calls of what `module.createRequire` returns. Bundlers leave such calls as they are.
 */
function requirePackage(target: string): NativeBinding {
  const inside = embedded();
  if (inside) return inside.core(target);
  const module = process.getBuiltinModule('node:module');
  const requireHere = module.createRequire(import.meta.url ?? __filename);
  switch (target) {
    case 'linux-x64-gnu':
      return requireHere('@kohakuvault/core-native-linux-x64-gnu') as NativeBinding;
    case 'linux-arm64-gnu':
      return requireHere('@kohakuvault/core-native-linux-arm64-gnu') as NativeBinding;
    case 'linux-x64-musl':
      return requireHere('@kohakuvault/core-native-linux-x64-musl') as NativeBinding;
    case 'linux-arm64-musl':
      return requireHere('@kohakuvault/core-native-linux-arm64-musl') as NativeBinding;
    case 'darwin-x64':
      return requireHere('@kohakuvault/core-native-darwin-x64') as NativeBinding;
    case 'darwin-arm64':
      return requireHere('@kohakuvault/core-native-darwin-arm64') as NativeBinding;
    case 'win32-x64-msvc':
      return requireHere('@kohakuvault/core-native-win32-x64-msvc') as NativeBinding;
    case 'win32-arm64-msvc':
      return requireHere('@kohakuvault/core-native-win32-arm64-msvc') as NativeBinding;
    default:
      return requireHere(`@kohakuvault/core-native-${target}`) as NativeBinding;
  }
}

/** Throws if the binary belongs to another build than this JavaScript: its functions may mean something else. */
function refuseOtherBuild(exports: Partial<NativeBinding>, file: string, source: string): void {
  const found = exports.buildId?.() ?? 'an older build';
  if (found === BUILD_ID) return;
  throw missing(
    `the native core at ${file} (${source}) is ${found}, but @kohakuvault/core-native is ${BUILD_ID}: ` +
      'reinstall, so that both have one version, or build the core again',
  );
}

function missing(message: string, cause?: unknown): KohakuVaultError {
  return new KohakuVaultError(
    message,
    cause === undefined ? { code: 'KV_NATIVE_MISSING' } : { code: 'KV_NATIVE_MISSING', cause },
  );
}
