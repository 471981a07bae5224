import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAMEWORKS } from './frameworks.ts';
import { root } from './project.ts';

/** The frameworks that the workspace has, by the adapter that tests with them. */
const IN_WORKSPACE: Readonly<Record<string, readonly string[]>> = {
  keyv: ['keyv'],
  unstorage: ['unstorage'],
  level: ['abstract-level'],
  session: ['express-session', 'fastify', '@fastify/cookie', '@fastify/session'],
};

/** Returns what a project installs that uses all adapters, in the versions that they are tested with. */
export function everyFramework(): Record<string, string> {
  const installed = Object.entries(IN_WORKSPACE).flatMap(([adapter, names]) =>
    names.map((name) => [name, versionIn(join(root, 'packages/adapters', adapter), name)]),
  );
  return { ...Object.fromEntries(installed), ...FRAMEWORKS.langchain?.install, ...FRAMEWORKS.mastra?.install };
}

function versionIn(folder: string, name: string): string {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}
