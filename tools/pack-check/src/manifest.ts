import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A value under `exports`: a file, or conditions that lead to one. */
export type Target = string | null | { readonly [condition: string]: Target };

/** The fields of a package.json that the checks use. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly homepage?: string;
  readonly private?: boolean;
  readonly main?: string;
  readonly types?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, Target>>;
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, Target>> };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The condition with which the packages of the workspace find each other's sources. */
export const SOURCE_CONDITION = '@kohakuvault/source';

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Returns the exports as they should be published: without the source condition, at any depth. */
export function withoutSources(target: Target): Target {
  if (typeof target !== 'object' || target === null) return target;
  return Object.fromEntries(
    Object.entries(target)
      .filter(([condition]) => condition !== SOURCE_CONDITION)
      .map(([condition, inner]) => [condition, withoutSources(inner)]),
  );
}

/** Returns every file that the manifest names. */
export function namedFiles({ main, types, bin, exports = {} }: Manifest): string[] {
  const bins = typeof bin === 'object' ? Object.values(bin) : [bin];
  const named = [main, types, ...bins, ...filesUnder(exports)].filter((file) => file !== undefined);
  return [...new Set(named.map((file) => file.replace(/^\.\//, '')))];
}

function filesUnder(target: Target): string[] {
  if (typeof target === 'string') return [target];
  return target === null ? [] : Object.values(target).flatMap(filesUnder);
}

/** Returns the specifier with which a user imports each entry: `name`, `name/subpath`. */
export function specifiers({ name, exports = {} }: Manifest): string[] {
  return Object.keys(exports).map((subpath) => {
    if (!subpath.startsWith('.') || subpath.includes('*')) {
      throw new Error(`${name}: pack-check imports the entries of exports by name and cannot import ${subpath}`);
    }
    return name + subpath.slice(1);
  });
}
