import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { specifiers } from './manifest.ts';
import type { PackedPackage } from './pack.ts';
import type { Report } from './report.ts';
import { runNode } from './run.ts';

const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** The settings with which TypeScript can read our declarations, and the kinds of file that each allows. */
const MODES = [
  { module: 'node16', moduleResolution: 'node16', kinds: ['mts', 'cts'] },
  { module: 'preserve', moduleResolution: 'bundler', kinds: ['mts', 'cts'] },
  { module: 'esnext', moduleResolution: 'bundler', kinds: ['mts'] },
] as const;

/** Compiles, in the consumer's folder, the programs of `consumer/types` and one that imports every entry. */
export function checkTypes(
  report: Report,
  folder: string,
  libraries: readonly PackedPackage[],
  consumer = 'types',
): void {
  writeEveryEntry(folder, libraries);
  const programs = ['every-entry', ...libraries.map(({ source }) => source.id)];
  for (const { module, moduleResolution, kinds } of MODES) {
    const files = programs
      .flatMap((program) => kinds.map((kind) => `types/${program}.${kind}`))
      .filter((file) => existsSync(join(folder, file)));
    const config = `tsconfig.${module}.json`;
    writeFileSync(join(folder, config), JSON.stringify({ compilerOptions: options(module, moduleResolution), files }));
    report.succeeds(`${consumer}: module ${module}, resolution ${moduleResolution} (${kinds.join(' and ')})`, () =>
      runNode([TSC, '-p', config], folder),
    );
  }
}

function options(module: string, moduleResolution: string): Record<string, unknown> {
  return {
    module,
    moduleResolution,
    target: 'es2023',
    // What a program for Node has, and much faster to check than the browser's declarations.
    lib: ['es2023'],
    strict: true,
    // Our declarations are checked with Node's resolution, the strictest, in both formats; with the others only their
    // use is. To check Node's own declarations each time would take most of this program's time.
    skipLibCheck: module !== 'node16',
    // No global types: the declarations must reference what they need themselves.
    types: [],
    resolveJsonModule: true,
    noEmit: true,
  };
}

/** Writes a program that imports every entry. CommonJS uses `import x = require`: `preserve` refuses `import` there. */
function writeEveryEntry(folder: string, libraries: readonly PackedPackage[]): void {
  const entries = libraries
    .flatMap(({ manifest }) => specifiers(manifest))
    .filter((specifier) => !specifier.endsWith('.json'));
  const write = (kind: string, line: (name: string, specifier: string) => string) => {
    const lines = entries.map((specifier, index) => line(`entry${index}`, specifier));
    writeFileSync(join(folder, `types/every-entry.${kind}`), lines.join('\n'));
  };
  write('mts', (name, specifier) => `export * as ${name} from '${specifier}';`);
  write('cts', (name, specifier) => `export import ${name} = require('${specifier}');`);
}
