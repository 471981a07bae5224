import { globSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import ts from 'typescript';

/** Programs, and what they are made of. Tests and scripts are imported by nobody. */
const SOURCES = [
  'packages/{*,adapters/*}/src/**/*.ts',
  'packages/*/ts/**/*.ts',
  'tools/*/src/**/*.ts',
  'tools/tasks/**/*.ts',
];
const NOT_SOURCES = ['**/node_modules/**', '**/test/**'];

const MANIFESTS = ['packages/{*,adapters/*}/package.json', 'tools/*/package.json'];

/** The export condition by which packages import each other from source inside the workspace. */
const SOURCE_CONDITION = '@kohakuvault/source';

/** Returns the files that each TypeScript file imports, types included, as paths relative to the root. */
export function typescriptImports(root: string): Map<string, string[]> {
  const entries = packageEntries(root);
  const imports = new Map<string, string[]>();
  for (const file of filesOf(root, SOURCES)) {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
    imports.set(
      file,
      importedFiles.flatMap(({ fileName }) => resolve(file, fileName, entries) ?? []),
    );
  }
  return imports;
}

function filesOf(root: string, patterns: string[]): string[] {
  const files = globSync(patterns, { cwd: root, exclude: NOT_SOURCES });
  return files.map((file) => file.replaceAll(sep, posix.sep)).sort();
}

/** Returns the source file of each entry of our packages, by the name that imports it. */
function packageEntries(root: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const path of filesOf(root, MANIFESTS)) {
    const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as {
      name: string;
      exports?: Record<string, string | Record<string, unknown>>;
    };
    for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
      const source = typeof target === 'string' ? target : target[SOURCE_CONDITION];
      if (typeof source !== 'string') continue;
      entries.set(posix.join(manifest.name, entry), posix.join(posix.dirname(path), source));
    }
  }
  return entries;
}

/** Returns the file that a specifier names; `undefined` for packages that are not ours. */
function resolve(importer: string, specifier: string, entries: ReadonlyMap<string, string>): string | undefined {
  if (!specifier.startsWith('.')) return entries.get(specifier);
  const path = posix.join(posix.dirname(importer), specifier);
  // The generated typings are imported by the name that they have in the build.
  return path.endsWith('.js') ? path.replace(/\.js$/, '.d.ts') : path;
}
