// Builds the core for this machine into its platform package, where the loader finds it as it would after npm install.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { targetOf } from '../ts/native/platform.ts';

const here = resolve(import.meta.dirname, '..');
const output = join(here, 'npm', targetOf());
const generated = join(here, 'generated');

function run(command: string, args: string[]): void {
  execFileSync(command, args, { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' });
}

function buildCore(): void {
  if (!existsSync(output)) throw new Error(`there is no platform package for ${targetOf()} in npm/`);
  // First of all: a build that fails must not leave an older binary to be tested in its place.
  for (const name of readdirSync(output)) if (name.endsWith('.node')) rmSync(join(output, name));
  mkdirSync(generated, { recursive: true });
  run('napi', [
    'build',
    '--release',
    '--platform',
    '--no-js',
    '--no-dts-cache',
    ...['--output-dir', output],
    ...['--dts', '../../generated/native.d.ts'],
    ...process.argv.slice(2),
  ]);
  keepTypings(join(generated, 'native.d.ts'), join(here, 'ts/native/native.d.ts'));
}

/** The committed typings must be those of the committed Rust: a difference is renewed here and refused in CI. */
function keepTypings(fresh: string, committed: string): void {
  const same = existsSync(committed) && readFileSync(fresh, 'utf8') === readFileSync(committed, 'utf8');
  if (same) return;
  if (process.env.CI)
    throw new Error('ts/native/native.d.ts is not what the Rust sources generate: build and commit it');
  copyFileSync(fresh, committed);
  console.log('ts/native/native.d.ts was renewed: commit it');
}

/** A second build with the calls that exist only to be measured and to fail. */
function buildProbe(): void {
  mkdirSync(generated, { recursive: true });
  const file = join(generated, 'probe.node');
  rmSync(file, { force: true });
  run('cargo', ['build', '--release', '--features', 'probe']);
  const library = { win32: 'kohakuvault_native.dll', darwin: 'libkohakuvault_native.dylib' }[
    process.platform as string
  ];
  copyFileSync(resolve(here, '../../target/release', library ?? 'libkohakuvault_native.so'), file);
}

if (process.argv[2] === '--probe') buildProbe();
else buildCore();
