import { KohakuVaultError } from '../errors/errors.ts';
import { makeNativeError } from '../errors/native-errors.ts';
import type { NativeBinding } from './binding-types.ts';
import { BUILD_ID } from './constants.ts';
import { TARGETS, targetOf } from './platform.ts';

export type { BlobKey, BlobKeyPart, NativeBinding } from './binding-types.ts';

const { createRequire } = process.getBuiltinModule('node:module');

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
    const core = load(createRequire(import.meta.url));
    core.binding.setErrorFactory(makeNativeError);
    loaded = core;
  }
  return loaded;
}

function load(require: NodeJS.Require): NativeCore {
  const target = targetOf();
  const name = `@kohakuvault/core-native-${target}`;
  const override = process.env[OVERRIDE];
  const source = override === undefined ? name : OVERRIDE;
  let file: string;
  try {
    file = override ?? require.resolve(name);
  } catch (cause) {
    throw missing(
      (TARGETS as readonly string[]).includes(target)
        ? `${name}, which holds the native core for this platform, is not installed: reinstall without --no-optional ` +
            'or --omit=optional, and on the platform the program runs on'
        : `no native core is published for ${target}; there is one for ${TARGETS.join(', ')}`,
      cause,
    );
  }
  let exports: NativeBinding;
  try {
    exports = require(file) as NativeBinding;
  } catch (cause) {
    throw missing(
      `the native core was found at ${file} (${source}) but the system refused to load it: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
  refuseOtherBuild(exports, file, source);
  // V8 keeps an addon's many functions in a hash table that each call would look into. It lays out the properties of a
  // prototype so that they are found at once.
  return { binding: Object.create(exports) as NativeBinding, file };
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
