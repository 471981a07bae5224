// Builds a small program with every bundler, and runs it: node tools/bundlers/src/main.ts [WORD...] runs the fixtures
// whose names contain one of the words.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeConsumer } from '../../pack-check/src/consumers.ts';
import { pack } from '../../pack-check/src/pack.ts';
import { Report } from '../../pack-check/src/report.ts';
import { readWorkspace } from '../../pack-check/src/workspace.ts';
import { ADAPTERS } from './fixtures/adapters.ts';
import { BUNDLERS } from './fixtures/bundlers.ts';
import { EXECUTABLES } from './fixtures/executables.ts';
import { INSTALLERS } from './fixtures/installers.ts';
import { TEST_RUNNERS } from './fixtures/test-runners.ts';
import { TRACERS } from './fixtures/tracers.ts';
import type { Fixture } from './kit/fixture.ts';
import { Project } from './kit/project.ts';

const ALL = [...BUNDLERS, ADAPTERS, ...EXECUTABLES, ...TRACERS, ...TEST_RUNNERS, ...INSTALLERS];

const root = join(import.meta.dirname, '../../..');
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = ALL.filter(({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)));
if (chosen.length === 0) throw new Error(`no fixture has such a name: ${ALL.map(({ name }) => name).join(', ')}`);

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-bundlers-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const { libraries, adapters, platforms, platform } = readWorkspace(root);
const [packedPlatform, ...packed] = await pack([platform, ...libraries, ...adapters], root, folder);
if (!packedPlatform) throw new Error('nothing was packed');
const choice = { packed: packedPlatform, others: platforms.filter((other) => other !== platform) };

const report = new Report();
// One after the other: each bundler uses every core, and the projects of all would fill a disk.
for (const [number, fixture] of chosen.entries()) {
  const own = join(folder, `${number}`);
  report.succeeds(fixture.name, () => checkFixture(fixture, own));
  await report.finish();
  rmSync(own, { recursive: true, force: true });
}
process.exitCode = report.failed === 0 ? 0 : 1;

async function checkFixture(fixture: Fixture, own: string): Promise<void> {
  const project = join(own, 'project');
  await makeConsumer({
    folder: project,
    libraries: fixture.adapters ? packed : packed.slice(0, libraries.length),
    platform: choice,
    registry: ['better-sqlite3'],
    versions: fixture.install ?? {},
  });
  cpSync(join(import.meta.dirname, '../project'), project, { recursive: true });
  await fixture.check(new Project(project));
}
