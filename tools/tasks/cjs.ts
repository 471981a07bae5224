// Gives a package's ESM build its CommonJS face: for each entry one line that requires the ESM file, so that every
// class and registry exists once however the package is loaded. TypeScript must see one class too, so the declarations
// move to the CommonJS side, which both kinds of modules may import, and the ESM side re-exports them. Declarations that
// use Node's types ask for them: a program of TypeScript need not have any global types.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const dist = join(process.cwd(), 'dist');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };

/** The entries by the file that `import` leads to: `./dist/index.js` is the entry `index`. */
const entries = Object.values(manifest.exports).flatMap((target) => {
  const file = (target as { import?: { default?: string } }).import?.default;
  return file === undefined ? [] : [basename(file, '.js')];
});

for (const name of readdirSync(dist)) {
  if (!name.endsWith('.d.ts')) continue;
  const declarations = readFileSync(join(dist, name), 'utf8').replace(/((?:from|import) '\.[^']*)\.js'/g, "$1.cjs'");
  const usesNode = /\b(?:Buffer|NodeJS|Disposable|AsyncDisposable)\b|'node:|Symbol\.(?:asyncDispose|dispose)/.test(
    declarations,
  );
  const types = usesNode ? '/// <reference types="node" />\n' : '';
  writeFileSync(join(dist, name.replace(/\.d\.ts$/, '.d.cts')), types + declarations);
  rmSync(join(dist, name));
}
for (const entry of entries) {
  writeFileSync(join(dist, `${entry}.d.ts`), `export * from './${entry}.cjs';\n`);
  writeFileSync(join(dist, `${entry}.cjs`), `module.exports = require('./${entry}.js');\n`);
}
