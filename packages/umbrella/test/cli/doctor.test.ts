import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { json, output, run } from '../support/command-line.ts';

interface Diagnosis {
  ok: boolean;
  findings: { state: string; what: string; found: string }[];
}

test('a complete installation is all ok', async () => {
  const { ok, findings } = await json<Diagnosis>(['doctor'], { cwd: tempFolder() });
  expect(ok).toBe(true);
  expect(findings.map(({ state }) => state)).toEqual(findings.map(() => 'ok'));
  const found = Object.fromEntries(findings.map(({ what, found: text }) => [what, text]));
  expect(found.node).toContain(process.version);
  expect(found['native core']).toMatch(/\.node$/);
  expect(found.SQLite).toMatch(/^3\.\d+\.\d+/);
  expect(await output(['doctor'], { cwd: tempFolder() })).toMatch(/^ok +node +v/);
});

test('a second better-sqlite3 in the project is a warning', async () => {
  const folder = tempFolder();
  const copy = join(folder, 'node_modules/some-dependency/node_modules/better-sqlite3');
  mkdirSync(copy, { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{"name": "better-sqlite3", "version": "12.0.0"}');
  const { ok, findings } = await json<Diagnosis>(['doctor'], { cwd: folder });
  expect(ok).toBe(true);
  const warning = findings.find(({ what }) => what === 'copies of SQLite');
  expect(warning?.state).toBe('warning');
  expect(warning?.found).toContain(join('some-dependency', 'node_modules', 'better-sqlite3'));
});

test('a core that does not load exits with 5, and the message says what to do', async () => {
  const folder = tempFolder();
  const broken = join(folder, 'broken.node');
  cpSync(join(import.meta.dirname, 'doctor.test.ts'), broken);
  const { status, stdout } = await run(['doctor'], { cwd: folder, env: { KOHAKUVAULT_NATIVE: broken } });
  expect(status).toBe(5);
  expect(stdout).toMatch(/^failed +native core +KV_NATIVE_MISSING: .*broken\.node/m);
  expect(await run(['ls', broken], { env: { KOHAKUVAULT_NATIVE: broken } })).toMatchObject({ status: 3 });
});

test.runIf(process.platform === 'linux')('a path on a network file system is a warning', async () => {
  const folder = tempFolder();
  // Node says that everything is on NFS.
  const preload = `data:text/javascript,import fs from 'node:fs'; fs.statfsSync = () => ({ type: 0x6969 })`;
  const env = { NODE_OPTIONS: `--import "${preload}"` };
  const onNfs = await json<Diagnosis>(['doctor', folder], { env });
  expect(onNfs.ok).toBe(true);
  expect(onNfs.findings.at(-1)).toMatchObject({ state: 'warning', what: 'file system' });
  expect(onNfs.findings.at(-1)?.found).toContain(`${folder} is on NFS`);
  const here = await json<Diagnosis>(['doctor', folder]);
  expect(here.findings.at(-1)).toMatchObject({ state: 'ok', what: 'file system' });
  expect(await run(['doctor', join(folder, 'none')])).toMatchObject({ status: 1 });
});
