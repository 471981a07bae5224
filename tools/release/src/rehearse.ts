// node tools/release/src/rehearse.ts
// Rehearses a release without publishing anything: what a changeset bumps, and what a fresh folder installs from a
// local registry that has received the packed packages. It needs `pnpm build` before it, and a network for verdaccio.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Report } from '../../pack-check/src/report.ts';
import { rehearseInstalling } from './rehearse-installing.ts';
import { rehearseVersions } from './rehearse-versions.ts';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-release-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const report = new Report();
rehearseVersions(report, root, join(folder, 'versions'));
await rehearseInstalling(report, root, folder);
await report.finish();
process.exitCode = report.failed === 0 ? 0 : 1;
