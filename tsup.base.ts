import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

/** Every library package is built alike: one ESM build; `tools/tasks/cjs.ts` adds the CommonJS face. */
export function library(entry: Record<string, string>, { splitting = true } = {}) {
  const { name } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string };
  return defineConfig({
    entry,
    // An entry that imports its own package by name shares the classes of the main entry. `#embedded` is chosen by
    // whoever runs or bundles the package.
    external: [name, '#embedded'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    dts: true,
    clean: true,
    splitting,
    sourcemap: true,
    // It would name every function and class again when a module is loaded, which takes a tenth of a start. The classes
    // that are exported have their names without it: `tools/pack-check` looks.
    keepNames: false,
  });
}
