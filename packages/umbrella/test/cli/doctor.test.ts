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
  expect(await run(['ls', broken], { env: { KOHAKUVAULT_NATIVE: broken } })).toMatchObject({ status: 5 });
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

test('a bundled program that lacks its binaries fails, and the bundler is named', async () => {
  const folder = tempFolder();
  const program = join(folder, 'server.mjs');
  // Another bundler has made a library that is in the program.
  writeFileSync(program, 'var __defProp = Object.defineProperty;\nvar library = __webpack_require__(1);\n');
  const { status, stdout } = await run(['doctor', program], { cwd: folder, env: { NODE_PATH: '' } });
  expect(status).toBe(5);
  expect(stdout).toMatch(/^ok +program +.*server\.mjs, by esbuild$/m);
  expect(stdout).toMatch(
    /^failed +better-sqlite3 +esbuild left better-sqlite3 behind: install better-sqlite3 beside it/m,
  );
  expect(stdout).toMatch(/^failed +the native core +esbuild left the native core behind: install @kohakuvault\/core-/m);
  expect(stdout).toMatch(/^warning +sqlite-vec +esbuild left sqlite-vec behind, so your own SQL on tables of/m);
  expect(stdout).toMatch(/^warning +copying thread +esbuild left its program behind/m);
});

test('a bundled program beside its packages is all ok', async () => {
  // The packages of the workspace are found from this file, as if it was the program.
  const program = join(import.meta.dirname, 'doctor.test.ts');
  const { findings } = await json<Diagnosis>(['doctor', program], { cwd: tempFolder() });
  const states = Object.fromEntries(findings.map(({ what, state }) => [what, state]));
  expect(states).toMatchObject({ program: 'ok', 'better-sqlite3': 'ok', 'the native core': 'ok', 'sqlite-vec': 'ok' });
});

test('a bundled program that is not there is refused', async () => {
  const folder = tempFolder();
  const { status, stderr } = await run(['doctor', join(folder, 'server.mjs')], { cwd: folder });
  expect(status).toBe(1);
  expect(stderr).toMatch(/server\.mjs cannot be read/);
});
