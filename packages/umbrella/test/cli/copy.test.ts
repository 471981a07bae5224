// `kohakuvault copy` between a file and a server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { connect } from '@kohakuvault/postgres';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../../packer/test/support/examples.ts';
import { difference } from '../../../packer/test/support/same.ts';
import { aServer, hasServer, stopServer } from '../../../postgres/test/support/places.ts';
import { start } from '../support/command-line.ts';
import { jsonHere, outputHere, runHere } from '../support/in-process.ts';

const WRITER = join(import.meta.dirname, '../scripts/write-during-copy.ts');

interface Copied {
  tables: { table: string; entries: number; sha256: string }[];
  columns: { column: string; elements: number; sha256: string }[];
  vectors: { table: string; count: number; sha256: string }[];
  texts: { table: string; count: number; sha256: string }[];
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

  test('brings texts to a server, up to date, and back', async () => {
    const texts = join(folder, 'texts.db');
    using vault = new TextVault<unknown, 'title' | 'body'>(texts, { columns: ['title', 'body'], tokenizer: 'porter' });
    vault.insertMany(
      Array.from(
        { length: 1_000 },
        (_, n) => [{ title: `Page ${n}`, body: `the fox number ${n} runs` }, { n }] as const,
      ),
    );
    using json = new TextVault<{ a: number }>(vault, { table: 'json texts', valueEncoding: 'json' });
    json.insert('a text in "quotes" and \\', { a: 1 }, { id: 77 });
    const { texts: copied } = await copy(texts, url);
    expect(copied.map(({ table, count }) => [table, count])).toEqual([
      ['json texts', 1],
      ['text_vault', 1_000],
    ]);
    await using store = await connect(url, { schema });
    const there = await store.texts<unknown, 'title' | 'body'>('text_vault', { columns: ['title', 'body'] });
    const shown = (found: readonly { id: bigint; value: unknown }[]) => found.map(({ id, value }) => [id, value]);
    expect(shown(await there.search('running fox 77'))).toEqual(shown(vault.search('running fox 77')));
    expect(await (await store.texts('json texts', { valueEncoding: 'json' })).getById(77)).toMatchObject({
      value: { a: 1 },
    });

    vault.update(5, { texts: { body: 'a hen' } });
    vault.update(6, { value: 'changed' });
    vault.delete(7);
    const added = await there.insert({ title: 'only', body: 'there' }, null);
    const again = (await runHere(['copy', texts, url, '--schema', schema])).stderr;
    expect(again).toContain('--update');
    await copy(texts, url, '--update');
    expect([await there.size(), await there.has(added), await there.has(7), await there.count('hen')]).toEqual([
      999,
      false,
      false,
      1,
    ]);
    expect((await there.getById(6))?.value).toBe('changed');

    const own = await there.insert({ title: 'new', body: 'id' }, new Map([[1, 2]]));
    const back = join(folder, 'texts-back.db');
    await using backStore = await connect(url, { schema });
    expect(await backStore.vaults()).not.toEqual([]);
    await copy(url, back);
    using after = new TextVault<unknown, 'title' | 'body'>(back, { columns: ['title', 'body'] });
    expect([after.size, after.info().tokenizer, after.getById(own)?.value]).toEqual([
      1_000,
      'porter',
      new Map([[1, 2]]),
    ]);
    expect(after.insert({ title: 'later', body: '' })).toBe(own + 1n);
  });

  test.runIf(process.env.KOHAKUVAULT_PGVECTOR)('brings vectors to a server, up to date, and back', async () => {
    const vectors = join(folder, 'many-vectors.db');
    const fields = { year: 'i64', score: 'f64', name: 'str', read: 'bool' } as const;
    using vault = new VectorKVault(vectors, { dimensions: 7, fields });
    using named = new VectorKVault(vault, { table: 'named', dimensions: 2, metric: 'l2', ids: 'str' });
    const random = (n: number) => Array.from({ length: 7 }, (_, at) => Math.sin(n * 7 + at));
    vault.insertMany(
      Array.from(
        { length: 700 },
        (_, n) => [random(n), { n }, { year: n, score: n / 3, name: `ä${n}`, read: n % 2 === 0 }] as const,
      ),
    );
    named.insertMany([
      [[1, 2], 'b', { id: 'second' }],
      [[3, 4], 'a', { id: 'first' }],
    ]);
    using bits = new VectorKVault(vault, { table: 'bits', dimensions: 16, vectorType: 'bit' });
    bits.insert([1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1], null);
    const copied = await copy(vectors, url);
    expect(copied.vectors.map(({ table, count }) => [table, count])).toEqual([
      ['bits', 1],
      ['named', 2],
      ['vec_kvault', 700],
    ]);
    vault.update(3, { fields: { year: null }, value: 'changed' });
    vault.delete(4);
    named.upsert([9, 9], 'a', { id: 'first' });
    await copy(vectors, url, '--update');
    await using store = await connect(url, { schema });
    const there = await store.vectors('vec_kvault', { dimensions: 7, fields });
    expect([await there.size(), await there.has(4), await there.fields(3)]).toEqual([699, false, vault.fields(3)]);
    const back = join(folder, 'vectors-back.db');
    await copy(url, back);
    using after = new VectorKVault(back, { dimensions: 7, fields });
    expect([...after]).toEqual([...vault]);
    using names = new VectorKVault(after, { table: 'named', dimensions: 2, metric: 'l2', ids: 'str' });
    expect([...names]).toEqual([...named]);
  });

  test('brings values that share structures, whatever their numbers are there', async () => {
    const records = join(folder, 'records.db');
    const values = new Map<string, unknown>([
      ['a', { id: 1, name: 'Ada', tags: ['x', { deep: true }] }],
      ['b', { name: 'Ben', id: 2 }],
      ['map', new Map<unknown, unknown>([[1, { id: 1, name: 'in a map' }]])],
      ['date', { at: new Date(5), big: 12n ** 20n, bytes: Buffer.from('bytes'), none: undefined }],
      ['text', 'ä'],
      ['long', { id: 3, name: 'x'.repeat(600_000) }],
    ]);
    for (const encoding of ['msgpack', 'cbor'] as const) {
      using vault = new KVault<unknown>(records, { table: encoding, valueEncoding: encoding });
      vault.update(values as Map<string, never>);
    }
    await using store = await connect(url, { schema });
    // Its structures have other numbers than those of the file.
    const before = await store.kvault<unknown>('msgpack', { valueEncoding: 'msgpack', partitions: 2 });
    await before.setMany([
      ['gone', { other: 1, shape: 2 }],
      ['a', { name: 'old', id: 0 }],
    ]);
    const first = await copy(records, url, '--update');
    expect(first.tables.map(({ table, entries }) => [table, entries])).toEqual([
      ['cbor', values.size],
      ['msgpack', values.size],
    ]);
    const back = join(folder, 'records-back.db');
    {
      using other = new KVault<unknown>(back, { table: 'another', valueEncoding: 'cbor' });
      other.set('shape', { shape: 1, of: 2, its: 3 });
    }
    const again = await copy(url, back, '--update', '--table', 'msgpack', '--table', 'cbor');
    expect(again.tables).toEqual(first.tables);
    for (const encoding of ['msgpack', 'cbor'] as const) {
      const there = await store.kvault<unknown>(encoding, { valueEncoding: encoding });
      using vault = new KVault<unknown>(back, { table: encoding, valueEncoding: encoding });
      expect(await there.size()).toBe(values.size);
      for (const [key, value] of values) {
        expect(difference(await there.get(key), value), `${encoding} ${key}`).toBeUndefined();
        expect(difference(vault.get(key), value), `${encoding} ${key}`).toBeUndefined();
      }
    }
  });

  test('brings the times at which entries expire', async () => {
    const expiring = join(folder, 'expiring.db');
    using vault = new KVault(expiring);
    const later = Date.now() + 3_600_000;
    vault.set('a', 'stays');
    vault.set('b', 'expires', { expiresAt: later });
    await vault.putFile('c', long, { expiresAt: later + 1 });
    using packed = new KVault<unknown>(vault, { table: 'packed', valueEncoding: 'msgpack' });
    packed.set('d', { n: 1 }, { expiresAt: later + 2 });
    const place = await aServer();
    const here = (from: string, to: string, ...words: string[]) =>
      jsonHere<Copied>(['copy', from, to, '--schema', place.schema, ...words]);
    const there = await here(expiring, place.url);
    const back = join(folder, 'expiring-back.db');
    expect(await here(place.url, back)).toMatchObject({ tables: there.tables });
    const timesOf = (path: string, table: string) => {
      using opened = new KVault(path, { readonly: true });
      const times = opened.database.prepare(
        `SELECT CAST(key AS TEXT), expires_at FROM kohakuvault_expiry_${table} WHERE expires_at IS NOT NULL`,
      );
      return Object.fromEntries(times.raw().all() as [string, number][]);
    };
    expect([timesOf(back, 'kv'), timesOf(back, 'packed')]).toEqual([{ b: later, c: later + 1 }, { d: later + 2 }]);

    // A time alone is a difference, and one that the server has made has parts of milliseconds.
    vault.touch('b', { ttl: Number.POSITIVE_INFINITY });
    await using store = await connect(place.url, { schema: place.schema });
    const kv = await store.kvault();
    await kv.touch('a', { ttl: 7_200_000 });
    await here(expiring, place.url, '--update');
    expect([await kv.ttlOf('a'), await kv.ttlOf('b')]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    await kv.touch('a', { ttl: 7_200_000 });
    await here(place.url, back, '--update');
    expect(Object.keys(timesOf(back, 'kv')).sort()).toEqual(['a', 'c']);
    await place.dropSchema();
  });

  test('brings columns of records, and vectors of Python 1.x, and back', async () => {
    const records = join(folder, 'record-columns.db');
    using vault = new ColumnVault(records, { layout: '1.x' });
    const rows = Array.from({ length: 3_000 }, (_, n) => ({ id: n, name: `row ${n}`, at: new Date(n), more: [{ n }] }));
    vault.createColumn<object>('rows', 'msgpack', { records: true }).extend(rows);
    vault.createColumn<object>('others', 'cbor', { records: true }).extend(rows.slice(0, 5));
    vault.createColumn('points', 'vec:f32:3').extend([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)] as never);
    const place = await aServer();
    const words = ['--schema', place.schema];
    const there = await jsonHere<Copied>(['copy', records, place.url, ...words]);
    await using store = await connect(place.url, { schema: place.schema });
    const columns = await store.columns();
    expect(await columns.listColumns()).toEqual([
      { name: 'rows', dtype: 'msgpack', length: 3_000, records: true },
      { name: 'others', dtype: 'cbor', length: 5, records: true },
      { name: 'points', dtype: 'vec:f32:3', length: 2 },
    ]);
    const onServer = await columns.column<object>('rows', 'msgpack');
    expect(await onServer.at(2_999)).toEqual(rows[2_999]);
    await onServer.append({ id: -1, name: 'from there' });
    const back = join(folder, 'record-columns-back.db');
    const again = await jsonHere<Copied>(['copy', place.url, back, ...words]);
    expect(again.columns.map(({ elements }) => elements)).toEqual([3_001, 5, 2]);
    expect(again.columns.slice(1)).toEqual(there.columns.slice(1));
    using after = new ColumnVault(back);
    expect(after.listColumns().map(({ records }) => records)).toEqual([true, true, undefined]);
    expect(after.column('rows').slice(0, 3_000)).toEqual(rows);
    expect(after.column('rows').at(-1)).toEqual({ id: -1, name: 'from there' });
    expect(after.column('points', 'vec:f32:3').slice()).toEqual(vault.column('points', 'vec:f32:3').slice());
    // Into a file of Python's layout, too.
    vault.close();
    await jsonHere(['copy', place.url, records, ...words, '--update']);
    using updated = new ColumnVault(records);
    expect([updated.layout, updated.column('rows').length]).toEqual(['1.x', 3_001]);
    expect(updated.column('points', 'vec:f32:3').buffers()).toEqual({
      data: Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
      offsets: undefined,
    });
    await place.dropSchema();
  });

  test('brings texts and vectors whose values share structures', async () => {
    const shared = join(folder, 'shared-structures.db');
    const values = Array.from({ length: 300 }, (_, n) => ({ id: n, name: `name ${n}`, deep: { tags: ['x', { n }] } }));
    using vault = new TextVault<unknown>(shared, { valueEncoding: 'cbor' });
    vault.insertMany(values.map((value, n) => [`text ${n}`, value] as const));
    const withVectors = Boolean(process.env.KOHAKUVAULT_PGVECTOR);
    const options = { dimensions: 2, valueEncoding: 'msgpack' } as const;
    if (withVectors) {
      using vectors = new VectorKVault<unknown, 'msgpack'>(vault, options);
      vectors.insertMany(values.map((value, n) => [[n, 1], value] as const));
    }
    const place = await aServer();
    const words = ['--schema', place.schema];
    await using store = await connect(place.url, { schema: place.schema });
    // Its structures have other numbers than those of the file.
    const texts = await store.texts<unknown, 'content'>('text_vault', { valueEncoding: 'cbor' });
    await texts.insert('gone', { other: 1, shape: 2 });
    const there = await jsonHere<Copied>(['copy', shared, place.url, ...words, '--update']);
    expect([there.texts[0]?.count, there.vectors[0]?.count]).toEqual([300, withVectors ? 300 : undefined]);
    expect((await texts.search('text 77'))[0]?.value).toEqual(values[77]);
    await texts.update(5, { value: { id: 5, name: 'changed there', deep: undefined } });
    const back = join(folder, 'shared-structures-back.db');
    {
      using other = new KVault<unknown>(back, { table: 'another', valueEncoding: 'cbor' });
      other.set('shape', { shape: 1, of: 2, its: 3 });
    }
    await jsonHere<Copied>(['copy', place.url, back, ...words, '--update']);
    using after = new TextVault<unknown>(back, { valueEncoding: 'cbor' });
    expect(after.size).toBe(300);
    expect(after.getById(300)).toEqual(vault.getById(300));
    expect(after.getById(5)?.value).toEqual({ id: 5, name: 'changed there', deep: undefined });
    if (withVectors) {
      using before = new VectorKVault<unknown, 'msgpack'>(vault, options);
      using vectors = new VectorKVault<unknown, 'msgpack'>(after, options);
      expect([...vectors]).toEqual([...before]);
      const onServer = await store.vectors<unknown, 'msgpack'>('vec_kvault', options);
      expect((await onServer.getById(7))?.value).toEqual(before.getById(7)?.value);
    }
    await place.dropSchema();
  });

  test('refuses what a server cannot keep before anything is copied', async () => {
    const refused = join(folder, 'refused.db');
    using vault = new KVault(refused, { table: 'a' });
    vault.set('short', 1);
    using other = new KVault(vault, { table: 'b' });
    other.set('k'.repeat(2_601), 1);
    const place = await aServer();
    const ended = await runHere(['copy', refused, place.url, '--schema', place.schema]);
    expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining('b has a key of 2601 bytes')]);
    await using store = await connect(place.url, { schema: place.schema });
    expect(await (await store.kvault('a')).size()).toBe(0);
    other.clear();
    expect((await runHere(['copy', refused, place.url, '--schema', place.schema])).status).toBe(0);
    await place.dropSchema();
  });

  test('brings the vault of columns that is chosen', async () => {
    const place = await aServer();
    await using store = await connect(place.url, { schema: place.schema });
    const others = await store.columns('others');
    await (await others.ensure('n', 'i64')).extend([1n, 2n]);
    await (await (await store.columns()).ensure('n', 'i64')).append(3n);
    const back = join(folder, 'not-refused.db');
    const first = await runHere(['copy', place.url, back, '--schema', place.schema]);
    expect(first.stderr).toContain('not copied: the columns of the vault "others"');
    const words = ['--schema', place.schema, '--columns', 'others', '--update'];
    expect((await runHere(['copy', place.url, back, ...words])).stderr).toContain('the vault "columns"');
    using columns = new ColumnVault(back);
    expect([...columns.column('n', 'i64')]).toEqual([1n, 2n]);
    columns.column('n', 'i64').append(4n);
    expect((await runHere(['copy', back, place.url, ...words])).status).toBe(0);
    expect(Array.from((await (await others.column('n', 'i64')).slice()) as BigInt64Array)).toEqual([1n, 2n, 4n]);
    await place.dropSchema();
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

  test('catches up with another process that writes texts and vectors', async () => {
    const shared = join(folder, 'shared.db');
    const place = await aServer();
    const here = (...words: string[]) =>
      jsonHere<Copied>(['copy', shared, place.url, '--schema', place.schema, ...words]);
    const withVectors = process.env.KOHAKUVAULT_PGVECTOR ? ['vectors'] : [];
    const writer = spawn(process.execPath, ['--conditions=@kohakuvault/source', WRITER, shared, ...withVectors], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(writer, 'exit');
    const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value as string;
    writer.stdin.write('go\n');
    expect([await next(), await next()]).toEqual(['begins', 'ended']);
    for (let burst = 0; burst < 4; burst++) {
      writer.stdin.write('go\n');
      expect(await next()).toBe('begins');
      // It ends only when a pass has found each side the same, in the middle of the burst or after it.
      await here('--update');
      expect(await next()).toBe('ended');
    }
    writer.stdin.end();
    expect(await ended).toEqual([0, null]);
    const last = await here('--update');
    await using store = await connect(place.url, { schema: place.schema });
    using vault = new KVault<number>(shared, { readonly: true });
    using texts = new TextVault<number>(vault);
    expect(last.tables.map(({ entries }) => entries)).toEqual([vault.size]);
    expect(last.texts.map(({ count }) => count)).toEqual([texts.size]);
    expect(await (await store.kvault<number>()).toArray()).toEqual([...vault]);
    const there = await store.texts<number>('text_vault');
    const documents: unknown[] = [];
    for await (const document of there) documents.push(document);
    expect(documents).toEqual([...texts]);
    if (withVectors.length > 0) {
      using vectors = new VectorKVault<number>(vault, { dimensions: 3 });
      const found: unknown[] = [];
      for await (const entry of await store.vectors<number>('vec_kvault', { dimensions: 3 })) found.push(entry);
      expect(found).toEqual([...vectors]);
      expect(last.vectors.map(({ count }) => count)).toEqual([vectors.size]);
    }
    await place.dropSchema();
  });

  test('goes on where a copy was killed', async () => {
    const many = join(folder, 'killed.db');
    using vault = new KVault<number>(many);
    vault.setMany(Array.from({ length: 60_000 }, (_, n) => [`key:${n}`, n] as const));
    const place = await aServer();
    await using store = await connect(place.url, { schema: place.schema });
    const there = await store.kvault<number>();
    const words = [many, place.url, '--schema', place.schema];
    // The copy must wait for a key near its end, so it is in the middle whenever it is killed.
    let holds = () => {};
    let undo = () => {};
    const undone = new Promise<never>((_, reject) => {
      undo = () => reject(new Error('undone'));
    });
    const isHeld = new Promise<void>((resolve) => {
      holds = resolve;
    });
    const holding = store.transaction(async (tx) => {
      await tx.kvault('kv').set('key:9999', -1);
      holds();
      await undone;
    });
    await Promise.race([isHeld, holding]);
    const child = start(['copy', ...words]);
    const ended = once(child, 'exit');
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    // As soon as something has arrived.
    while (!isOver && (await there.size()) === 0) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    const arrived = await there.size();
    expect(arrived).toBeGreaterThan(0);
    expect(arrived).toBeLessThan(60_000);
    undo();
    await expect(holding).rejects.toThrow('undone');
    expect((await runHere(['copy', ...words])).stderr).toContain('--update');
    const { tables } = await jsonHere<Copied>(['copy', ...words, '--update']);
    expect(tables.map(({ entries }) => entries)).toEqual([60_000]);
    expect(await there.toArray()).toEqual([...vault]);
    await place.dropSchema();
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
    expect(await outputHere(['help', 'copy'])).toContain('--update');
    const vectors = join(folder, 'vectors.db');
    const vault = new VectorKVault(vectors, { dimensions: 3 });
    vault.insert([1, 0, 0], 'east');
    vault.database.exec('CREATE TABLE other (a)');
    vault.close();
    if (!process.env.KOHAKUVAULT_PGVECTOR) {
      expect((await runHere(['copy', vectors, url, '--schema', schema])).stderr).toContain('no pgvector');
    }
    new KVault(vectors, { table: 'dict' }).set('a', 1).close();
    const copied = await runHere(['copy', vectors, url, '--schema', schema, '--table', 'dict']);
    expect(copied.stderr).toContain('not copied: other tables');
  });

  test('brings texts that are found by any part', async () => {
    const trigrams = join(folder, 'trigrams.db');
    using texts = new TextVault<number>(trigrams, { tokenizer: 'trigram', table: 'trigrams' });
    texts.insertMany(Array.from({ length: 300 }, (_, n) => [`the number ${n} of many`, n] as const));
    const place = await aServer();
    await using store = await connect(place.url, { schema: place.schema });
    const installable = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'";
    const copied = await runHere(['copy', trigrams, place.url, '--schema', place.schema]);
    if ((await store.snapshot((tx) => tx.query(installable))).length === 0) {
      expect([copied.status, copied.stderr]).toEqual([5, expect.stringContaining('no pg_trgm')]);
      return;
    }
    expect(copied.status, copied.stderr).toBe(0);
    const there = await store.texts<number>('trigrams', { tokenizer: 'trigram' });
    const valuesOf = (found: readonly { value: number }[]) => found.map(({ value }) => value).sort();
    expect(valuesOf(await there.search('ber 29', 20))).toEqual(valuesOf(texts.search('ber 29', 20)));
    await place.dropSchema();
  });
});
