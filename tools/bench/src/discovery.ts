import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Suite } from './suite.ts';

const folder = join(import.meta.dirname, 'suites');

/** Returns the names of the suites: each file in `suites/` is one. */
export function suiteNames(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

export async function loadSuite(name: string): Promise<Suite> {
  const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as { default: Suite };
  return module.default;
}
