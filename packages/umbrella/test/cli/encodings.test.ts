// The command line with tables whose values have an encoding of their own.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { ColumnVault, type EncodingName, KVault, VectorKVault } from 'kohakuvault';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { records } from '../support/command-line.ts';
// Some 170 commands: as processes they would take most of the time of all tests of the command line.
import { jsonHere as json, outputHere as output, runHere as run } from '../support/in-process.ts';

const row = (id: number) => ({ id, name: `user ${id}`, more: [id / 3, null, { id }] });
const VALUES: Record<Exclude<EncodingName, 'auto'>, Record<string, unknown>> = {
  msgpack: { a: row(1), b: row(2), c: row(3), date: new Date(5), map: new Map([[1, -0]]), bytes: Buffer.from([1, 2]) },
  cbor: { a: row(1), b: row(2), c: row(3), date: new Date(5), map: new Map([[1, -0]]), bytes: Buffer.from([1, 2]) },
  json: { a: row(1), b: row(2), text: 'text', number: 1.5, nothing: null },
  utf8: { a: 'one\nline', b: '', c: 'é' },
  binary: { a: Buffer.from('text'), b: Buffer.from([0x89, 0x4b, 1, 2]), empty: Buffer.alloc(0) },
};

function fileWith(encoding: EncodingName, values: Record<string, unknown>): string {
  const file = tempFile();
  using vault = new KVault(file, { valueEncoding: encoding });
  vault.update(values);
  return file;
}

function contents(file: string, encoding: EncodingName): Record<string, unknown> {
  using vault = new KVault(file, { valueEncoding: encoding, readonly: true });
  return Object.fromEntries(vault.entries());
}

describe.each(Object.entries(VALUES) as [Exclude<EncodingName, 'auto'>, Record<string, unknown>][])(
  '%s',
  (encoding, values) => {
    const bare = encoding === 'utf8' ? 'text' : encoding === 'binary' ? 'bytes' : encoding;

    test('inspect, ls and verify know the encoding', async () => {
      const file = fileWith(encoding, values);
      const { kv, tables } = await json<{ kv: object[]; tables: object[] }>(['inspect', file]);
      expect(kv).toMatchObject([{ table: 'kv', keys: Object.keys(values).length, encoding }]);
      expect(tables).toEqual([]);
      expect(await output(['inspect', file])).toContain(encoding);
      const listed = records(await output(['ls', file, '--json']));
      expect(listed.find(({ key }) => key === 'a')).toMatchObject({ encoding: bare });
      const report = await json<{ ok: boolean; checks: { what: string; checked: string }[] }>(['verify', file]);
      expect(report.ok).toBe(true);
      expect(report.checks.map(({ what }) => what)).toContain('key-value table kv');
    });

    test('verify finds values that do not decode', async () => {
      if (encoding === 'binary') return;
      const file = fileWith(encoding, values);
      const database = new Database(file);
      database.exec("UPDATE kv SET value = x'c3ff' WHERE key = CAST('a' AS BLOB)");
      database.close();
      const { status, stdout } = await run(['verify', file]);
      expect(status).toBe(3);
      expect(stdout).toContain(`a: a stored value cannot be decoded as "${encoding}"`);
    });

    test('get prints values, and their bytes with --raw', async () => {
      const file = fileWith(encoding, values);
      const text = await output(['get', file, 'a']);
      if (encoding === 'utf8' || encoding === 'binary') expect(text).toBe(String(values.a));
      else expect(JSON.parse(text)).toEqual(values.a);
      if (encoding === 'json') expect(await output(['get', file, 'a', '--raw'])).toBe(JSON.stringify(values.a));
      const record = await json(['get', file, 'a']);
      const expected = encoding === 'binary' ? { bytes: Buffer.from('text').toString('base64') } : { value: values.a };
      expect(record).toEqual({ key: 'a', ...expected });
    });

    test('an export is imported exactly, into tables of this encoding and of the default', async () => {
      const file = fileWith(encoding, values);
      for (const target of ['out.ndjson', 'folder']) {
        const path = join(dirname(file), target);
        await output(['export', file, path]);
        const same = fileWith(encoding, { a: values.a });
        await output(['import', same, path]);
        expect(contents(same, encoding)).toEqual(contents(file, encoding));
        const other = tempFile();
        await output(['import', other, path]);
        expect(contents(other, 'auto')).toEqual(contents(file, encoding));
      }
    });

    test('put stores what the encoding takes', async () => {
      const file = fileWith(encoding, values);
      const source = join(dirname(file), 'source');
      writeFileSync(source, '{"a":1}');
      const kinds = { json: { a: 1 }, text: '{"a":1}', bytes: Buffer.from('{"a":1}') };
      for (const [kind, value] of Object.entries(kinds)) {
        const { status, stderr } = await run(['put', file, 'put', source, '--as', kind]);
        const isTaken =
          encoding === 'binary' ? kind === 'bytes' : encoding === 'utf8' ? kind === 'text' : kind !== 'bytes';
        expect([kind, status, stderr]).toEqual([kind, isTaken ? 0 : expect.any(Number), expect.any(String)]);
        if (isTaken) expect(contents(file, encoding).put).toEqual(value);
        else expect(stderr).not.toBe('');
        await run(['rm', file, 'put', '--force']);
      }
      expect(await run(['rm', file, 'a'])).toMatchObject({ status: 0 });
      expect(contents(file, encoding)).not.toHaveProperty('a');
    });
  },
);

test('the values of a codec of a program are shown and kept as bytes', async () => {
  const file = tempFile();
  const codec = { name: 'rot', encode: (text: string) => Buffer.from(text), decode: (bytes: Buffer) => String(bytes) };
  new KVault(file, { valueEncoding: codec }).set('a', 'text').close();
  expect(await json(['inspect', file])).toMatchObject({ kv: [{ encoding: 'rot' }] });
  expect(await output(['ls', file, '--long'])).toContain('rot');
  expect(await output(['get', file, 'a', '--raw'])).toBe('text');
  const refused = await run(['get', file, 'a']);
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain('"rot", a codec of a program');
  expect(await output(['verify', file])).toContain('a codec of a program: not decoded');
  const folder = join(dirname(file), 'out');
  await output(['export', file, folder]);
  expect(records(readFileSync(join(folder, 'kohakuvault.ndjson'), 'utf8'))).toEqual([
    { key: 'a', bytes: Buffer.from('text').toString('base64') },
  ]);
  mkdirSync(join(folder, 'in'));
  expect((await run(['import', file, folder])).stderr).toContain('a codec of a program');
});

test('vectors and columns', async () => {
  const file = tempFile();
  const folder = dirname(file);
  const vectors = new VectorKVault(file, { table: 'films', dimensions: 2, valueEncoding: 'msgpack' });
  const columns = new ColumnVault(vectors);
  for (let id = 1; id <= 4; id++) vectors.insert([id, 1], id === 4 ? new Set([id]) : row(id));
  columns.createColumn<object>('rows', 'cbor', { records: true }).extend([row(1), row(2), row(3)]);
  columns.close();
  vectors.close();
  expect(await json(['inspect', file])).toMatchObject({
    vectors: [{ table: 'films', encoding: 'msgpack' }],
    columns: [{ name: 'rows', dtype: 'cbor:records' }],
    tables: [],
  });
  expect(await json(['verify', file])).toMatchObject({ ok: true });
  await output(['export', file, join(folder, 'm.npy'), '--vectors', 'films', '--values', join(folder, 'v.ndjson')]);
  const lines = records(readFileSync(join(folder, 'v.ndjson'), 'utf8'));
  expect(lines.slice(0, 2)).toEqual([
    { key: '1', value: row(1) },
    { key: '2', value: row(2) },
  ]);
  for (const target of [file, tempFile()]) {
    await output(['import', target, join(folder, 'm.npy'), '--vectors', 'films', '--values', join(folder, 'v.ndjson')]);
    const valueEncoding = target === file ? 'msgpack' : 'auto';
    using read = new VectorKVault(target, { table: 'films', dimensions: 2, valueEncoding, readonly: true });
    expect([...read.values()].slice(-4)).toEqual([row(1), row(2), row(3), new Set([4])]);
  }
  await output(['export', file, join(folder, 'rows.csv'), '--column', 'rows']);
  expect(existsSync(join(folder, 'rows.csv'))).toBe(true);
  await output(['compact', file]);
  using again = new ColumnVault(file);
  expect(again.column('rows').slice()).toEqual([row(1), row(2), row(3)]);
});
