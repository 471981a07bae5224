// node tools/release/src/rehearse.ts
// A release as far as it can go without publishing anything: what a changeset bumps, and what a fresh folder gets from a
// registry of our own that has received the packed packages. Needs `pnpm build` before it, and a network for verdaccio.
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
