// Names the build that JavaScript and the binary belong to: the package's version, and a hash of everything that
// crosses between them. The binary carries the name of the sources that it was built from, and `ts/native/binding.ts`
// refuses another one.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const here = resolve(import.meta.dirname, '..');
const native = join(here, 'ts/native');
export const CONSTANTS = join(native, 'constants.ts');

/** What declares the functions that cross. */
const DECLARATIONS = ['binding-types.ts', 'kv-binding.ts', 'ordered-binding.ts', 'vector-binding.ts', 'native.d.ts'];
const BUILD_ID = /^export const BUILD_ID = .*$/m;

/** Removes comments and spaces, so that prose and formatting change no hash. */
function meaningOf(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replaceAll(/\s+/g, '');
}

function buildId(constants: string): string {
  const hash = createHash('sha256').update(meaningOf(constants.replace(BUILD_ID, '')));
  for (const name of DECLARATIONS) hash.update(meaningOf(readFileSync(join(native, name), 'utf8')));
  const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as { version: string };
  return `${version}+${hash.digest('hex').slice(0, 16)}`;
}

/** Returns constants with the build id that belongs to them. */
export function withBuildId(constants: string): string {
  return constants.replace(BUILD_ID, `export const BUILD_ID = '${buildId(constants)}';`);
}

// After a change of the version alone: nothing has to be built for it.
if (import.meta.main) writeFileSync(CONSTANTS, withBuildId(readFileSync(CONSTANTS, 'utf8')));
