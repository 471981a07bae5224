// Peers that are installed on demand, into a folder of their own: README.md says how.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The peers in one folder beside the sources. */
export class PeersOnDemand {
  readonly #folder: string;
  readonly #manifest: string;

  constructor(name: string) {
    this.#folder = join(import.meta.dirname, '..', name);
    this.#manifest = join(this.#folder, 'package.json');
  }

  /** Returns a module of a peer. Throws as `require` does if it is not installed. */
  load<T>(name: string): T {
    return createRequire(this.#manifest)(name) as T;
  }

  /** Imports an ES module of a peer. */
  async import<T>(name: string): Promise<T> {
    return (await import(pathToFileURL(createRequire(this.#manifest).resolve(name)).href)) as T;
  }

  /** Returns the version of a peer. Undefined if it is not installed. */
  version(name: string): string | undefined {
    const file = join(this.#folder, 'node_modules', name, 'package.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
  }

  /** Returns the versions of all of them. */
  versions(): Record<string, string> {
    const { dependencies } = JSON.parse(readFileSync(this.#manifest, 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const names = Object.keys(dependencies);
    return Object.fromEntries(names.map((name) => [name, this.version(name) ?? 'not installed']));
  }
}
