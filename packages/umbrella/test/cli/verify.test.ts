import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { json, output, run } from '../support/command-line.ts';
import { recorded } from '../support/recorded.ts';

interface Verdict {
  ok: boolean;
  checks: { what: string; checked: string; problems: string[]; more: number; notes: string[] }[];
}

async function verdict(file: string): Promise<Verdict & { status: number | null; problems: string[] }> {
  const { status, stdout } = await run(['verify', file, '--json']);
  const found = JSON.parse(stdout) as Verdict;
  return {
    status,
    ...found,
    problems: found.checks.flatMap(({ what, problems }) => problems.map((one) => `${what}: ${one}`)),
  };
}

/** Damages a file by SQL, as a faulty program would. */
function damage(file: string, ...statements: string[]): string {
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  for (const sql of statements) database.exec(sql);
  database.close();
  return file;
}

test.each(['kv-0.7.1', 'kv-1.1.0', 'mixed-0.7.1', 'mixed-0.8.6', 'mixed-1.1.0'])('%s is sound', async (name) => {
  const found = await verdict(recorded(`${name}.db`));
  expect(found).toMatchObject({ status: 0, ok: true, problems: [] });
});

test('the output names what was verified', async () => {
  expect(await output(['verify', recorded('mixed-0.7.1.db')])).toBe(
    [
      'ok       file: 35 pages',
      'ok       key-value table media: 36 keys',
      'ok       column emb: 29 elements in 1 chunk',
      'ok       column events: 26 elements in 3 chunks',
      'ok       column ids: 29 elements in 1 chunk',
      'ok       column latency: 29 elements in 1 chunk',
      'ok       column log: 26 elements in 3 chunks',
      'ok       chunks of columns: each belongs to a column',
      'ok       vectors runs: 18 vectors\n',
    ].join('\n'),
  );
});

const LEGACY = (name: string) => `(SELECT col_id FROM col_meta WHERE name = '${name}')`;

describe('damage exits with 3, and its place is reported', () => {
  test('values that do not decode, keys that are not bytes', async () => {
    const file = recorded('kv-0.7.1.db');
    {
      using raw = new KVault(file, { autoPack: false });
      raw.set('broken', Buffer.from('894b010400000000564bc1', 'hex'));
      raw.set(
        'broken text',
        Buffer.concat([Buffer.from('894b010600000000564b', 'hex'), Buffer.alloc(2_000_000, 0xff)]),
      );
    }
    damage(file, "INSERT INTO kv VALUES ('text', x'00')", "INSERT INTO media VALUES (x'61616161', 'text')");
    const { status, problems } = await verdict(file);
    expect(status).toBe(3);
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(/table kv: broken: a stored value of encoding 4/);
    expect(problems.join('\n')).toMatch(/table kv: broken text: .*not UTF-8/);
    expect(problems.join('\n')).toMatch(/table kv: row \d+: the key is of type text/);
    expect(problems.join('\n')).toMatch(/table media: aaaa: the value is of type text/);
    expect((await run(['verify', file])).stdout).toMatch(/^damaged {2}key-value table kv: 150 keys\n {11}/m);
  });

  test('a missing part of a value, and parts without a value', async () => {
    const file = recorded('kv-0.7.1.db');
    {
      using vault = new KVault(file, { maxBlobBytes: 1_000_000 });
      vault.set('whole', Buffer.alloc(3_000_000, 1));
      vault.set('holed', Buffer.alloc(3_000_000, 2));
    }
    expect(await json(['verify', file])).toMatchObject({ ok: true });
    const report = await json<{ kv: { bytes: number }[]; tables: unknown[] }>(['inspect', file]);
    expect(report.kv[0]?.bytes).toBeGreaterThan(6_000_000);
    expect(report.tables).toEqual([]);
    damage(
      file,
      "DELETE FROM kohakuvault_parts_kv WHERE key = CAST('holed' AS BLOB) AND part = 1",
      "INSERT INTO kohakuvault_parts_kv VALUES (x'ffff', zeroblob(16), 0, x'00')",
    );
    const { status, problems } = await verdict(file);
    expect(status).toBe(3);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/holed: part 1 of the value .* is missing/);
    expect(problems[1]).toContain('1 part of values that do not exist');
  });

  test('columns: missing and short chunks, indexes that lead nowhere, elements that do not decode', async () => {
    const file = damage(
      recorded('mixed-0.8.6.db'),
      `DELETE FROM col_chunks WHERE col_id = ${LEGACY('ids')}`,
      `UPDATE col_chunks SET data = substr(data, 1, 100) WHERE col_id = ${LEGACY('latency')}`,
      `UPDATE col_chunks SET data = x'09' || substr(data, 2) WHERE col_id = ${LEGACY('emb')}`,
      `DELETE FROM col_chunks WHERE rowid = (SELECT max(rowid) FROM col_chunks WHERE col_id = ${LEGACY('log_data')})`,
      `UPDATE col_chunks SET bytes_used = 0 WHERE col_id = ${LEGACY('events_data')}`,
      'INSERT INTO col_chunks (col_id, chunk_idx, data, actual_size) VALUES (999, 0, zeroblob(8), 8)',
    );
    const { status, problems } = await verdict(file);
    expect(status).toBe(3);
    const text = problems.join('\n');
    expect(text).toContain('column ids: chunk 0 is missing');
    expect(text).toContain('column latency: chunk 0 has 100 bytes; its elements need 232');
    expect(text).toMatch(/column emb: element 0: /);
    expect(text).toMatch(/column log: element \d+: its chunk \d+ is missing/);
    expect(text).toMatch(/column events: chunk 0 says 0 bytes are used; its elements end at \d+/);
    expect(text).toContain('1 chunk of columns that do not exist');
  });

  test('columns in the layout of Python 1.x', async () => {
    const file = damage(
      recorded('mixed-1.1.0.db'),
      "UPDATE kvault_col_columns SET length = 28 WHERE name = 'ids'",
      `UPDATE kvault_col_data SET offsets = zeroblob(8) WHERE block_id = (SELECT block_id FROM kvault_col_blocks
        WHERE col_id = (SELECT col_id FROM kvault_col_columns WHERE name = 'log'))`,
    );
    const { status, problems } = await verdict(file);
    expect(status).toBe(3);
    expect(problems).toContain('column ids: its blocks hold 29 elements; its length is 28');
    expect(problems).toContain('column log: block 0 has no offsets for its 26 elements');
  });

  test('vectors without values and values without vectors', async () => {
    const file = damage(
      recorded('mixed-0.7.1.db'),
      'DELETE FROM runs_values WHERE id = 3',
      "INSERT INTO runs_values (id, value) VALUES (99, x'00')",
      'DELETE FROM runs_rowids WHERE rowid = 5',
    );
    const { status, problems } = await verdict(file);
    expect(status).toBe(3);
    const text = problems.join('\n');
    expect(text).toContain('vectors runs: vector 3 has no value: value 3 does not exist');
    expect(text).toContain('vectors runs: value 99 belongs to no vector');
    expect(text).toContain('vectors runs: vector 5 is in slot');
  });

  test('an overwritten page', async () => {
    const file = recorded('mixed-0.8.6.db');
    const page = 4096;
    const handle = openSync(file, 'r+');
    // Every page after the first ones, which hold the schema. SQLite notices the damage in any of them.
    for (let at = page * 5; at < readFileSync(file).length; at += page)
      writeSync(handle, Buffer.alloc(64, 0xa5), 0, 64, at);
    closeSync(handle);
    const { status, stdout, stderr } = await run(['verify', file]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(stdout).toMatch(/^damaged {2}file: 41 pages\n {11}/);
  });
});

test('a pickle that only Python can read is not damage', async () => {
  const file = recorded('kv-0.7.1.db');
  {
    using raw = new KVault(file, { autoPack: false });
    // datetime.date(2024, 1, 2)
    const pickle = Buffer.from(
      '80049520000000000000008c086461746574696d65948c0464617465949394430407e801029485945294',
      'hex',
    );
    raw.set('date', Buffer.concat([Buffer.from('894b010100000000564b', 'hex'), pickle, Buffer.from('2e', 'hex')]));
  }
  const { ok, checks } = await json<Verdict>(['verify', file]);
  expect(ok).toBe(true);
  expect(checks.flatMap(({ notes }) => notes)).toEqual(['1 pickle that only Python can read']);
});
