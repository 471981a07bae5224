// `kohakuvault copy` between a file and a server.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { connect } from '@kohakuvault/postgres';
import { VectorKVault } from '@kohakuvault/vector';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../../packer/test/support/examples.ts';
import { difference } from '../../../packer/test/support/same.ts';
import { aServer, hasServer, stopServer } from '../../../postgres/test/support/places.ts';
import { jsonHere, outputHere, runHere } from '../support/in-process.ts';

interface Copied {
  tables: { table: string; entries: number; sha256: string }[];
  columns: { column: string; elements: number; sha256: string }[];
}

describe.runIf(hasServer)('copy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-copy-'));
  const file = join(folder, 'source.db');
  const long = Buffer.from(Array.from({ length: 1_000_001 }, (_, at) => at % 251));
  let url: string;
  let schema: string;
  let dropSchema: () => Promise<void>;

  beforeAll(async () => {
    ({ url, schema, dropSchema } = await aServer());
    using vault = new KVault(file);
    vault.update(Array.from(EXAMPLES));
    vault.setMany(Array.from({ length: 3_000 }, (_, n) => [`many:${n}`, { n }] as const));
    await vault.putFile('long', long);
    using parts = new KVault(vault, { table: 'in parts', maxBlobBytes: 64 });
    parts.set('a', 'x'.repeat(1_000));
    await parts.putFile('b', long);
    using json = new KVault(vault, { table: 'json', valueEncoding: 'json' });
    json.set('a', { b: 1 });
    using columns = new ColumnVault(vault);
    columns.ensure('n', 'i64').extend(Array.from({ length: 100_000 }, (_, n) => BigInt(n)));
    columns.ensure('text', 'str:utf8').extend(Array.from({ length: 5_000 }, (_, n) => `text ${n}`));
    columns.ensure('vectors', 'vec:f32:3').extend([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)] as never);
    columns.ensure('documents', 'msgpack').append({ a: [1, null] });
  });
  afterAll(async () => {
    await dropSchema();
    await stopServer();
    rmSync(folder, { recursive: true });
  });

  const copy = (from: string, to: string, ...words: string[]) =>
    jsonHere<Copied>(['copy', from, to, '--schema', schema, ...words]);

  test('brings every value to a server, and back into a file', async () => {
    const { tables, columns } = await copy(file, url, '--partitions', '4');
    expect(tables.map(({ table, entries }) => [table, entries])).toEqual([
      ['in parts', 2],
      ['json', 1],
      ['kv', EXAMPLES.size + 3_001],
    ]);
    expect(columns.map(({ column, elements }) => [column, elements])).toEqual([
      ['n', 100_000],
      ['text', 5_000],
      ['vectors', 2],
      ['documents', 1],
    ]);
    await using store = await connect(url, { schema });
    const kv = await store.kvault();
    using local = new KVault(file, { readonly: true });
    for await (const [key, value] of kv) expect(difference(value, local.get(key)), key).toBeUndefined();
    expect(((await kv.get('long')) as Buffer).equals(long)).toBe(true);
    expect(await (await store.kvault('json', { valueEncoding: 'json' })).get('a')).toEqual({ b: 1 });
    expect((await (await store.kvault('in parts')).get('a')).length).toBe(1_000);
    expect((await store.vaults()).map(({ name, partitions }) => [name, partitions])).toEqual([
      ['columns', 0],
      ['in parts', 4],
      ['json', 4],
      ['kv', 4],
    ]);

    const back = join(folder, 'back.db');
    expect(await copy(url, back)).toMatchObject({ tables, columns });
    using again = new KVault(back);
    using before = new ColumnVault(local);
    using after = new ColumnVault(again);
    for (const { name, dtype } of before.listColumns()) {
      expect(after.column(name, dtype).buffers(), name).toEqual(before.column(name, dtype).buffers());
    }
    for (const [key, value] of local) expect(difference(again.get(key), value), key).toBeUndefined();
    using texts = new KVault(again, { table: 'json', valueEncoding: 'json' });
    expect(texts.get('a')).toEqual({ b: 1 });
  });

  test('refuses to overwrite, and with --update makes both the same', async () => {
    await using store = await connect(url, { schema });
    const kv = await store.kvault();
    await kv.update({ 'many:1': 'other', zzz: 'only there', long: 'short' });
    await kv.delete('many:2');
    const refused = await runHere(['copy', file, url, '--schema', schema]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('--update')]);
    expect(await kv.get('zzz')).toBe('only there');
    await copy(file, url, '--update', '--table', 'kv');
    expect(await kv.getMany(['many:1', 'many:2', 'zzz', 'long'])).toEqual([{ n: 1 }, { n: 2 }, undefined, long]);
  });

  test('brings columns up to date', async () => {
    await using store = await connect(url, { schema });
    const columns = await store.columns();
    await (await columns.column('n', 'i64')).set(50_000, -1n);
    await (await columns.column('text', 'str:utf8')).truncate(10);
    await (await columns.column('documents', 'msgpack')).append({ only: 'there' });
    const refused = await runHere(['copy', file, url, '--schema', schema]);
    expect(refused.stderr).toContain('--update');
    const copied = await copy(file, url, '--update');
    expect(copied.columns.map(({ elements }) => elements)).toEqual([100_000, 5_000, 2, 1]);
    expect(await (await columns.column('n', 'i64')).at(50_000)).toBe(50_000n);
    expect(await (await columns.column('text')).at(-1)).toBe('text 4999');
    expect(await (await columns.column('documents')).slice()).toEqual([{ a: [1, null] }]);
  });

  test('catches up with a writer', async () => {
    using vault = new KVault(file);
    let writing = true;
    const write = async () => {
      for (let n = 0; writing && n < 2_000; n++) {
        vault.set(`new:${n}`, n);
        vault.delete(`many:${n}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const written = write();
    const copied = copy(file, url, '--update', '--table', 'kv');
    await Promise.all([written, copied]);
    writing = false;
    await copy(file, url, '--update', '--table', 'kv');
    await using store = await connect(url, { schema });
    expect(await (await store.kvault()).size()).toBe(vault.size);
  });

  test('says what is wrong', async () => {
    const cases: [string[], number, string][] = [
      [[file, join(folder, 'x.db')], 2, 'a file and a URL'],
      [[url, url], 2, 'a file and a URL'],
      [[join(folder, 'none.db'), url], 1, 'there is no file'],
      [[file, 'postgres://nobody@%2Fnowhere/x'], 1, 'PostgreSQL'],
      [[file, url, '--table', 'none'], 1, 'no key-value table "none"; it has in parts, json, kv'],
    ];
    for (const [words, status, message] of cases) {
      const ended = await runHere(['copy', ...words]);
      expect([ended.status, ended.stderr], words.join(' ')).toEqual([status, expect.stringContaining(message)]);
    }
    const lists = join(folder, 'lists.db');
    new KVault(lists, { valueEncoding: 'msgpack' }).set('a', { b: 1 }).close();
    expect((await runHere(['copy', lists, url])).stderr).toContain('list of structures');
    expect(await outputHere(['help', 'copy'])).toContain('--update');
    const vectors = join(folder, 'vectors.db');
    const vault = new VectorKVault(vectors, { dimensions: 3 });
    vault.insert([1, 0, 0], 'east');
    vault.close();
    expect((await runHere(['copy', vectors, url, '--schema', schema])).stderr).toContain('has nothing to copy');
    new KVault(vectors, { table: 'dict' }).set('a', 1).close();
    expect((await runHere(['copy', vectors, url, '--schema', schema])).stderr).toContain('not copied: vectors');
  });
});
