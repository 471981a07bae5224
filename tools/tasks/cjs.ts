// Completes a package's ESM build. ES modules come first: Node takes them for `require` too (the condition
// `module-sync`), and so do bundlers (`module`), so that every class and registry exists once however the package is
// loaded. Where `require` must be CommonJS (Jest), it gets real CommonJS, made of the ES modules file by file.
//
// TypeScript must see one class too, so the declarations move to the CommonJS side, which both kinds of modules may
// import, and the ESM side re-exports them. Declarations that use Node's types ask for them: a program of TypeScript
// need not have any global types.
import { copyFileSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { transformSync } from 'esbuild';

const dist = join(process.cwd(), 'dist');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };

/** The entries by the file that `import` leads to: `./dist/index.js` is the entry `index`. */
const entries = Object.values(manifest.exports).flatMap((target) => {
  const file = (target as { import?: { default?: string } }).import?.default;
  return file === undefined ? [] : [basename(file, '.js')];
});

// Some files are CommonJS by hand: what they require is for one tool alone.
for (const file of globSync('{src,ts}/**/*.cjs')) copyFileSync(file, join(dist, basename(file)));

for (const name of readdirSync(dist)) {
  if (name.endsWith('.js')) nameRequires(name);
  if (name.endsWith('.d.ts')) moveDeclarations(name);
}
for (const entry of entries) writeFileSync(join(dist, `${entry}.d.ts`), `export * from './${entry}.cjs';\n`);

const written = new Set<string>();
for (const entry of entries) writeCommonJs(entry);

/**
 * Gives `require` its name. In the sources it has others, because esbuild, which builds the package, would otherwise
 * put a function of its own in its place, and other bundlers would not see it.
 */
function nameRequires(name: string): void {
  const file = join(dist, name);
  const code = readFileSync(file, 'utf8');
  const named = code.replace(/\brequireIn(?:Bun|Bundle)\b/g, 'require');
  if (named !== code) writeFileSync(file, named);
}

function moveDeclarations(name: string): void {
  const declarations = readFileSync(join(dist, name), 'utf8').replace(/((?:from|import) '\.[^']*)\.js'/g, "$1.cjs'");
  const usesNode = /\b(?:Buffer|NodeJS|Disposable|AsyncDisposable)\b|'node:|Symbol\.(?:asyncDispose|dispose)/.test(
    declarations,
  );
  const types = usesNode ? '/// <reference types="node" />\n' : '';
  writeFileSync(join(dist, name.replace(/\.d\.ts$/, '.d.cts')), types + declarations);
  rmSync(join(dist, name));
}

/** Writes an ES module and the files that it imports as CommonJS. */
function writeCommonJs(stem: string): void {
  if (written.has(stem)) return;
  written.add(stem);
  const code = readFileSync(join(dist, `${stem}.js`), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const { code: commonJs } = transformSync(code, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // `import.meta.url` is undefined there, and the code that needs it falls back to `__filename`.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  const files = commonJs.replace(/\b(require|import)\("\.\/([^"]+)\.js"\)/g, (_, call: string, other: string) => {
    writeCommonJs(other);
    return `${call}("./${other}.cjs")`;
  });
  writeFileSync(join(dist, `${stem}.cjs`), files);
}
