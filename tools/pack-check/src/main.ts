// Proves the packages as users get them: packs every library, looks into the tarballs, and uses them from outside.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeConsumer } from './consumers.ts';
import { lintManifest, lintTypes } from './linters.ts';
import { checkLoader } from './loader.ts';
import { checkLean, checkLibrary, checkOptionalPlatforms, checkPlatform } from './manifest-checks.ts';
import { pack } from './pack.ts';
import { Report } from './report.ts';
import { checkChosenPlatform, checkCommandLine, checkFormats, checkWithoutBetterSqlite3 } from './run-time.ts';
import { checkTypes } from './types.ts';
import { readWorkspace } from './workspace.ts';

/** The libraries that work without better-sqlite3. */
const WITHOUT_BETTER_SQLITE3 = ['core-native', 'packer', 'ordered'];

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-pack-check-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const report = new Report();
try {
  await checkAll();
} catch (error) {
  // Without the tarballs and a consumer that has them, nothing else can be checked.
  report.check('packing and installing', () => Promise.reject(error));
}
await report.finish();
process.exitCode = report.failed === 0 ? 0 : 1;

async function checkAll(): Promise<void> {
  const { libraries, adapters, notBuilt, platforms, platform } = readWorkspace(root);
  for (const { manifest } of notBuilt) report.note(`not built yet: ${manifest.name}`);

  const [packedPlatform, ...all] = await pack([platform, ...libraries, ...adapters], root, folder);
  if (!packedPlatform) throw new Error('nothing was packed');

  const packed = all.slice(0, libraries.length);
  for (const library of all) {
    checkLibrary(report, library);
    lintManifest(report, library);
    lintTypes(report, library);
    if (library.source.id === 'core-native') checkOptionalPlatforms(report, library, platforms);
  }
  checkPlatform(report, packedPlatform);
  lintManifest(report, packedPlatform);

  const choice = { packed: packedPlatform, others: platforms.filter((other) => other !== platform) };
  const lean = packed.filter(({ source }) => WITHOUT_BETTER_SQLITE3.includes(source.id));
  for (const library of lean) checkLean(report, library);
  const full = { folder: join(folder, 'full'), libraries: packed, registry: ['better-sqlite3', '@types/node'] };
  const without = { folder: join(folder, 'without-better-sqlite3'), libraries: lean, registry: ['@types/node'] };
  await Promise.all([full, without].map((setup) => makeConsumer({ ...setup, platform: choice })));

  checkChosenPlatform(report, full.folder, packedPlatform);
  checkFormats(report, full.folder, packed);
  checkTypes(report, full.folder, packed);
  checkCommandLine(report, full.folder, packed);
  checkWithoutBetterSqlite3(report, without.folder, lean);
  // The core's entry `database` has the types of better-sqlite3, so it is left out.
  const typed = lean.filter(({ source }) => source.id !== 'core-native');
  checkTypes(report, without.folder, typed, 'types without better-sqlite3');
  checkLoader(report, without.folder, packedPlatform);
}
