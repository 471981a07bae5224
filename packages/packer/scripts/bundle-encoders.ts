// Takes msgpackr and cbor-x into the package (docs/decisions/0014-encoders-come-with-the-packer.md): one CommonJS file
// each, which is loaded with the first vault that needs it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const folder = join(import.meta.dirname, '..');

for (const name of ['msgpackr', 'cbor-x']) {
  const library = join(folder, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as { version: string };
  const licence = readFileSync(join(library, 'LICENSE'), 'utf8').trim();
  buildSync({
    entryPoints: [join(folder, 'src/encodings/records', `${name}.cjs`)],
    outfile: join(folder, 'dist', `${name}.cjs`),
    allowOverwrite: true,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    banner: { js: `/*! ${name} ${version}\n\n${licence}\n*/` },
  });
}
