// Gives a package's ESM build its CommonJS face: one line that requires the ESM file, so that every class and registry
// exists once however the package is loaded, and the same declarations under the names TypeScript looks for.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(process.cwd(), 'dist');

for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue;
  const declarations = readFileSync(join(dist, name), 'utf8').replace(/(from '\.[^']*)\.js'/g, "$1.cjs'");
  writeFileSync(join(dist, name.replace(/\.d\.ts$/, '.d.cts')), declarations);
  const module = name.replace(/\.d\.ts$/, '');
  const isEntry = !/-[A-Za-z0-9_-]{8}$/.test(module);
  if (isEntry)
    writeFileSync(join(dist, `${module}.cjs`), `module.exports = require('./${module.split('/').pop()}.js');\n`);
}
