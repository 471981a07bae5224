import type BetterSqlite3 from 'better-sqlite3';
import type { NativeBinding } from './binding-types.ts';

/** What an executable of `bun build --compile` holds: `embedded-bun.cjs`. */
export interface Embedded {
  core(target: string): NativeBinding;
  betterSqlite3(target: string): typeof BetterSqlite3;
  betterSqlite3Version(): string;
}

/**
 * Becomes `require` when the package is built. Bun has that in ES modules too. For esbuild, which follows it as well,
 * `#embedded` is an empty file.
 */
declare const requireInBun: (specifier: '#embedded') => Embedded;

/** Returns what is embedded in the program, if Bun runs it, and has built it or can do without. */
export function embedded(): Embedded | undefined {
  if (process.versions.bun === undefined || typeof requireInBun !== 'function') return undefined;
  try {
    const found = requireInBun('#embedded');
    return 'core' in found ? found : undefined;
  } catch {
    // Another bundler has built the program.
    return undefined;
  }
}
