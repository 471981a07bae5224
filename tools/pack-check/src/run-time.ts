// The installed packages at work: as ES modules and as CommonJS, with better-sqlite3 and without.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from './consumers.ts';
import { specifiers } from './manifest.ts';
import type { PackedPackage } from './pack.ts';
import type { Report } from './report.ts';
import { run, runNode } from './run.ts';

/** An entry that is a program of a thread: to import it runs it. */
const PROGRAM = /\/(?:copy|async)-worker$/;

function libraryEntries({ manifest }: PackedPackage): string[] {
  return specifiers(manifest).filter((specifier) => !PROGRAM.test(specifier));
}

/** Checks that import and require of every entry give the same values, in either order, and share their state. */
export function checkFormats(report: Report, folder: string, libraries: readonly PackedPackage[]): void {
  for (const library of libraries) {
    report.succeeds(`${library.manifest.name}: import and require give the very same exports`, () =>
      runNode(['run/both-formats.cjs', 'import', ...libraryEntries(library)], folder),
    );
  }
  const entries = libraries.flatMap(libraryEntries);
  report.succeeds('all packages: required first, imported later, with one KohakuVaultError', () =>
    runNode(['run/both-formats.cjs', 'require', ...entries], folder),
  );
  // As in Jest, which knows no ES module that can be required.
  report.succeeds('all packages: real CommonJS where require cannot load an ES module', () =>
    runNode(['--no-experimental-require-module', 'run/common-js.cjs', ...entries], folder),
  );
  report.succeeds('a file opened from ESM and from CommonJS is one connection', () =>
    runNode(['run/shared-connection.mjs'], folder),
  );
}

/** Checks that npm chose the platform package of this machine, and no other. */
export function checkChosenPlatform(report: Report, folder: string, platform: PackedPackage): void {
  const { name } = platform.manifest;
  report.check(`npm chooses ${name} for this machine, and no other`, () => {
    const prefix = name.slice(name.indexOf('/') + 1, -platform.source.id.length);
    const chosen = readdirSync(join(installed(folder, name), '..')).filter((id) => id.startsWith(prefix));
    return chosen.length === 1 ? [] : [`npm installed ${chosen.join(', ')}`];
  });
}

/** Checks that the libraries load and work in a consumer without better-sqlite3. */
export function checkWithoutBetterSqlite3(report: Report, folder: string, libraries: readonly PackedPackage[]): void {
  report.check('without better-sqlite3: npm installs neither it nor its types', () =>
    ['better-sqlite3', '@types/better-sqlite3'].filter((name) => existsSync(installed(folder, name))),
  );
  for (const { manifest, source } of libraries) {
    report.succeeds(`without better-sqlite3: ${manifest.name} loads and works`, async () => {
      await runNode(['run/both-formats.cjs', 'import', ...specifiers(manifest)], folder);
      await runNode([`without-better-sqlite3/${source.id}.mjs`], folder);
    });
  }
}

/** Checks that the command line of an installed `kohakuvault` runs, and finds the installation sound. */
export function checkCommandLine(report: Report, folder: string, libraries: readonly PackedPackage[]): void {
  if (!libraries.some(({ manifest }) => manifest.name === 'kohakuvault')) return;
  report.succeeds('npx kohakuvault: doctor finds the installation sound, and a value goes in and out', async () => {
    // Without the question whether to install it: it is installed.
    const kohakuvault = (...words: string[]) => run('npx', ['--no', 'kohakuvault', ...words], folder);
    await kohakuvault('doctor');
    await kohakuvault('put', 'vault.db', 'manifest', 'package.json', '--as', 'json');
    await kohakuvault('get', 'vault.db', 'manifest', '--output', 'manifest.json');
    const back = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    if (back.private !== true) throw new Error(`the value came back as ${JSON.stringify(back)}`);
  });
}
