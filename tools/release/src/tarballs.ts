import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The fields of a package.json that a release uses. */
export interface PackedManifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface Tarball {
  readonly file: string;
  readonly manifest: PackedManifest;
  /** The native binaries in it. */
  readonly binaries: readonly { readonly name: string; readonly bytes: number }[];
}

/** Returns the tarballs of a folder, each package after its dependencies: an install meanwhile finds all of them. */
export function readTarballs(folder: string): Tarball[] {
  const tarballs = readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .sort()
    .map((name) => readTarball(join(folder, name)));
  return inOrder(tarballs);
}

function readTarball(file: string): Tarball {
  const manifest = JSON.parse(tar('-xzOf', file, 'package/package.json')) as PackedManifest;
  // `-rw-r--r-- 0/0  1234567 1985-10-26 09:15 package/kohakuvault.linux-x64-gnu.node`
  const binaries = tar('-tzvf', file)
    .split('\n')
    .filter((line) => line.endsWith('.node'))
    .map((line) => {
      const words = line.trim().split(/\s+/);
      const size = words.find((word, i) => i >= 2 && /^\d+$/.test(word));
      return { name: words.at(-1) as string, bytes: Number(size) };
    });
  return { file, manifest, binaries };
}

function tar(...args: string[]): string {
  return execFileSync('tar', args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

function inOrder(tarballs: readonly Tarball[]): Tarball[] {
  const byName = new Map(tarballs.map((tarball) => [tarball.manifest.name, tarball]));
  const ordered = new Set<Tarball>();
  const visit = (tarball: Tarball, above: readonly string[]): void => {
    const { name, dependencies, optionalDependencies } = tarball.manifest;
    if (above.includes(name))
      throw new Error(`packages depend on each other in a cycle: ${[...above, name].join(' > ')}`);
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const other = byName.get(needed);
      if (other) visit(other, [...above, name]);
    }
    ordered.add(tarball);
  };
  for (const tarball of tarballs) visit(tarball, []);
  return [...ordered];
}
