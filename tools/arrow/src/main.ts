// Checks that Polars and DuckDB read what toArrow returns. They are installed into a temporary folder.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { type Table, tableFromIPC, tableToIPC } from 'apache-arrow';

const READERS = { 'nodejs-polars': '0.26.1', '@duckdb/duckdb-wasm': '1.32.0' };
const ROWS = 10_000;
const SCHEMA = { step: 'i64', loss: 'f64', note: 'str:utf8', good: 'bool', small: 'f32', at: 'vec:f32:2' } as const;

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-arrow-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

cpSync(join(import.meta.dirname, '../readers'), folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: READERS }));
run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);

using vault = new ColumnVault(join(folder, 'log.db'));
const log = vault.frame('log', SCHEMA);
const rows = Array.from({ length: ROWS }, (_, step) => ({
  step: BigInt(step),
  loss: 1 / (step + 1),
  note: step % 100 === 7 ? `é${step}` : '',
  good: step % 3 === 0,
  small: Math.fround(step / 8),
  at: Float32Array.of(step, -step),
}));
log.extend(rows);
const table = log.toArrow<Table>();
writeFileSync(join(folder, 'log.arrow'), tableToIPC(table, 'file'));
writeFileSync(join(folder, 'log.arrows'), tableToIPC(table, 'stream'));

const expected = {
  rows: ROWS,
  step: (ROWS * (ROWS - 1)) / 2,
  loss: log.columns.loss.sum(),
  good: log.columns.good.sum(),
  small: log.columns.small.sum(),
  note: 'é7',
  at: [7, -7],
};
for (const reader of ['polars', 'duckdb']) {
  const found = JSON.parse(run(process.execPath, [`${reader}.mjs`])) as typeof expected;
  const close = Math.abs(found.loss - expected.loss) < 1e-9;
  assert.deepEqual({ ...found, loss: close ? expected.loss : found.loss }, expected, reader);
  console.log(`${reader} reads the table: ${JSON.stringify(found)}`);
}

const back = tableFromIPC(readFileSync(join(folder, 'back.arrow')));
const copy = vault.frame('copy', SCHEMA);
copy.extend(back);
assert.deepEqual([...copy], rows);
console.log(`extend takes what Polars wrote: ${back.schema}`);

function run(command: string, args: string[]): string {
  // npm leaves out binaries for another Node than the one that it runs on.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
