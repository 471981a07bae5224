import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { everyFramework } from '../../adapters/src/versions.ts';
import { installed, makeConsumer } from '../../pack-check/src/consumers.ts';
import { pack } from '../../pack-check/src/pack.ts';
import { readWorkspace } from '../../pack-check/src/workspace.ts';

const root = join(import.meta.dirname, '../../..');
const HARNESS = join(import.meta.dirname, '../harness');

/** What the tests need beside the packages: some take lists and the command line from sources. */
const BESIDES = [
  'tools/testing/src',
  'tools/runtimes/test/programs',
  'tools/runtimes/test/support',
  'tools/fixtures',
  'tools/tasks/built.ts',
  'tools/fuzz-boundary/src',
  'packages/packer/src',
  'packages/umbrella/src',
  'packages/columns/src',
  'packages/core-native/ts/database/file-system.ts',
];
/** What they read as text or load as it is, if it is there: the probe has a call that panics. */
const AS_IS = [
  'packages/core-native/ts/errors',
  'packages/core-native/crates/core/src/error.rs',
  'packages/core-native/generated/probe.node',
  'docs/errors.md',
];

/** A project outside the workspace that has the packed packages installed, and a copy of the tests. */
export interface Consumer {
  readonly folder: string;
  /** The folders with tests, relative to `folder`. */
  readonly tested: readonly string[];
  remove(): void;
}

/** Packs the packages, installs them into an empty project, and copies the tests to the places that they have here. */
export async function makeTestedConsumer(): Promise<Consumer> {
  const home = mkdtempSync(join(tmpdir(), 'kohakuvault-runtimes-'));
  const { libraries, adapters, platforms, platform } = readWorkspace(root);
  const [packedPlatform, ...packed] = await pack([platform, ...libraries, ...adapters], root, home);
  if (!packedPlatform) throw new Error('nothing was packed');
  const folder = join(home, 'consumer');
  await makeConsumer({
    folder,
    libraries: packed,
    registry: ['better-sqlite3'],
    platform: { packed: packedPlatform, others: platforms.filter((other) => other !== platform) },
    versions: {
      ...everyFramework(),
      '@vitest/expect': versionOf('vitest'),
      '@vitest/spy': versionOf('vitest'),
      'cbor-x': versionOf('cbor-x', 'packages/packer'),
      'fast-check': versionOf('fast-check', 'packages/kvault'),
      msgpackr: versionOf('msgpackr', 'packages/packer'),
      'sqlite-vec': versionOf('sqlite-vec', 'packages/vector'),
    },
  });
  writeFileSync(join(folder, 'package.json'), withModules(readFileSync(join(folder, 'package.json'), 'utf8')));
  cpSync(HARNESS, folder, { recursive: true });
  cpSync(join(HARNESS, 'vitest'), join(folder, 'node_modules/vitest'), { recursive: true });
  const tested = [
    ...libraries.map(({ id }) => `packages/${id}/test`),
    ...adapters.map(({ id }) => `packages/adapters/${id}/test`),
    'tools/runtimes/test/traps',
  ].filter((path) => existsSync(join(root, path)));
  for (const path of [...tested, ...BESIDES]) copyLowered(path, folder);
  for (const path of AS_IS.filter((path) => existsSync(join(root, path)))) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  // The tests of the command line start the program of the package, and look into its manifest.
  const umbrella = installed(folder, 'kohakuvault');
  symlinkSync(join(umbrella, 'dist'), join(folder, 'packages/umbrella/dist'), 'junction');
  cpSync(join(umbrella, 'package.json'), join(folder, 'packages/umbrella/package.json'));
  return { folder, tested, remove: () => rmSync(home, { recursive: true, force: true }) };
}

function withModules(manifest: string): string {
  return JSON.stringify({ ...JSON.parse(manifest), type: 'module' }, null, 2);
}

function versionOf(name: string, from = 'tools/runtimes'): string {
  return JSON.parse(readFileSync(join(root, from, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Copies a file or a folder of the repository. TypeScript becomes what all runtimes read: without `using`. */
function copyLowered(path: string, folder: string): void {
  const from = join(root, path);
  const files = path.endsWith('.ts') ? [from] : filesBelow(from);
  for (const file of files) {
    const to = join(folder, relative(root, file));
    mkdirSync(dirname(to), { recursive: true });
    if (file.endsWith('.ts')) writeFileSync(to, lowered(readFileSync(file, 'utf8')));
    else cpSync(file, to);
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Returns JavaScript of 2022 in place of TypeScript. It keeps its name, because the tests import each other by name. */
function lowered(source: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
