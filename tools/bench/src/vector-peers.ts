// The peers of vector search are installed on demand, into `vector-peers/`: hnswlib-node is compiled at the install, and
// LanceDB has 200 MB. README.md says how.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../vector-peers');
const manifest = join(folder, 'package.json');

/** Returns a module of a peer. Throws as `require` does if it is not installed. */
export function vectorPeer<T>(name: string): T {
  return createRequire(manifest)(name) as T;
}

/** Returns the version of a peer. Undefined if it is not installed. */
export function vectorPeerVersion(name: string): string | undefined {
  const file = join(folder, 'node_modules', name, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

/** Returns the versions of all of them. */
export function vectorPeerVersions(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: Record<string, string> };
  const names = Object.keys(dependencies);
  return Object.fromEntries(names.map((name) => [name, vectorPeerVersion(name) ?? 'not installed']));
}
