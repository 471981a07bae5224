// Bytes in ranges, and changes: what the Studio has written, the library reads.
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { difference } from '../../packer/test/support/same.ts';
import type { AppliedPlan, ChangePlan, ColumnTable, ErrorBody, UploadResult, ValueView } from '../src/index.ts';
import { readTypedJson } from '../src/values/read-typed-json.ts';
import { typedJson } from '../src/values/typed-json.ts';
import { sampled, started } from './support/client.ts';

const CHANGES = { 'x-kohakuvault-studio': '1' };

test('ranges of a value in parts are the ranges of its bytes', async () => {
  const path = tempFile();
  const bytes = randomBytes(20 * 1024 * 1024);
  {
    using kv = new KVault(path, { maxBlobBytes: 1024 * 1024 });
    await kv.putFile('video', bytes);
    // Bytes that begin like a header follow a header.
    kv.set('header', Buffer.from([0x89, 0x4b, 1, 2, 3]));
  }
  const client = await started({ file: path });
  const range = async (key: string, value: string, more: Record<string, string> = {}) =>
    client.api(`files/0/raw?table=kv&key=t:${key}`, { headers: { range: value, ...more } });
  for (const [start, end] of [
    [0, 0],
    [1_048_570, 1_048_590],
    [19 * 1024 * 1024, 20 * 1024 * 1024 - 1],
    [0, 20 * 1024 * 1024 - 1],
  ] as const) {
    const answer = await range('video', `bytes=${start}-${end}`);
    expect(answer.status).toBe(206);
    expect(answer.headers['content-range']).toBe(`bytes ${start}-${end}/${bytes.length}`);
    expect(answer.body.equals(bytes.subarray(start, end + 1))).toBe(true);
  }
  expect((await range('video', 'bytes=-5')).body.equals(bytes.subarray(-5))).toBe(true);
  expect((await range('video', 'bytes=20971510-')).body.equals(bytes.subarray(-10))).toBe(true);
  const beyond = await range('video', `bytes=${bytes.length}-`);
  expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${bytes.length}`]);
  const several = await range('video', 'bytes=0-1,5-6');
  expect([several.status, several.body.length]).toEqual([200, bytes.length]);
  const { etag } = several.headers;
  expect((await range('video', 'bytes=0-1', { 'if-range': String(etag) })).status).toBe(206);
  expect((await range('video', 'bytes=0-1', { 'if-range': '"other"' })).status).toBe(200);
  const head = await client.api('files/0/raw?table=kv&key=t:video', { method: 'HEAD' });
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, String(bytes.length), 0]);
  const whole = await client.api('files/0/raw?table=kv&key=t:header');
  expect([...whole.body]).toEqual([0x89, 0x4b, 1, 2, 3]);
  const stored = await client.api('files/0/raw?table=kv&key=t:header&form=stored');
  expect(stored.body).toHaveLength(15);
});

test('the numbers of a tensor are its memory', async () => {
  const client = await sampled();
  const { body } = await client.api('files/0/raw?table=kv&key=t:tensor&form=numbers');
  const numbers = new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length));
  expect([...numbers.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
  expect(numbers).toHaveLength(192);
});

test('an edit is shown, confirmed, and read back by the library', async () => {
  const client = await sampled({ readonly: false });
  using kv = new KVault(client.path);
  const plan = (body: object, status = 200) =>
    client.post<ChangePlan & ErrorBody>('files/0/plans', { table: 'kv', ...body }, status);
  const apply = (id: string, status = 200) => client.post<AppliedPlan & ErrorBody>(`files/0/plans/${id}`, {}, status);

  const edit = await plan({
    kind: 'set',
    key: 't:config',
    json: '{"a": {"$bigint": "5"}, "when": {"$date": "2026-01-01T00:00:00.000Z"}}',
  });
  expect(edit).toMatchObject({
    count: 1,
    changes: [{ key: 't:config', before: { encoding: 'json', text: expect.stringContaining('"a"') } }],
  });
  expect(kv.get('config')).toEqual({ a: [1, 2, 3] });
  await apply(edit.id);
  expect(kv.get('config')).toEqual({ a: 5n, when: new Date('2026-01-01') });
  expect((await apply(edit.id, 404)).error.message).toContain('plan it again');

  // A value that was JSON, and can be, stays JSON.
  const again = await plan({ kind: 'set', key: 't:new', json: '[1, "two", null]' });
  expect(again.changes[0]).toMatchObject({ before: null });
  await apply(again.id);
  expect(kv.get('new')).toEqual([1, 'two', null]);

  const text = await plan({ kind: 'text', key: 't:html', text: '<p>hello</p>' });
  await apply(text.id);
  expect(kv.get('html')).toEqual(Buffer.from('<p>hello</p>'));

  const rename = await plan({ kind: 'rename', key: 't:parts', to: 't:whole' });
  await apply(rename.id);
  expect([kv.has('parts'), kv.get('whole').length]).toEqual([false, 250_000]);
  await plan({ kind: 'rename', key: 't:whole', to: 't:text' }, 400);

  const several = await plan({ kind: 'delete', keys: ['t:text', 't:number'] });
  expect(several).toMatchObject({ count: 2 });
  await apply(several.id);
  expect([kv.has('text'), kv.has('number')]).toEqual([false, false]);
  await plan({ kind: 'delete', keys: ['t:text'] }, 404);

  const range = await client.post<ChangePlan>('files/0/plans', {
    kind: 'delete-range',
    range: { table: 'kv', prefix: 't:user:' },
  });
  expect(range.count).toBe(3);
  await apply(range.id);
  expect(kv.count('user:')).toBe(0);
  await client.post('files/0/plans', { kind: 'delete-range', range: { table: 'kv' } }, 400);
});

test('a change that does not fit any more changes nothing', async () => {
  const client = await sampled({ readonly: false });
  using kv = new KVault(client.path);
  const { id } = await client.post<ChangePlan>('files/0/plans', {
    kind: 'delete',
    table: 'kv',
    keys: ['t:number', 't:text'],
  });
  kv.set('text', 'somebody was here');
  const { error } = await client.post<ErrorBody>(`files/0/plans/${id}`, {}, 409);
  expect(error.code).toBe('KV_STALE');
  expect([kv.get('number'), kv.get('text')]).toEqual([42, 'somebody was here']);
  const other = await client.post<ChangePlan>('files/0/plans', { kind: 'delete', table: 'kv', keys: ['t:number'] });
  await client.api(`files/0/plans/${other.id}`, { method: 'DELETE', headers: CHANGES });
  await client.post(`files/0/plans/${other.id}`, {}, 404);
  expect(kv.get('number')).toBe(42);
});

test('an upload is stored as it comes, and replaces a value only if asked to', async () => {
  const client = await sampled({ readonly: false });
  const bytes = randomBytes(9 * 1024 * 1024);
  const put = (query: string) =>
    client.api(`files/0/raw?table=kv&${query}`, { method: 'PUT', headers: CHANGES, body: bytes });
  const stored = await put('key=t:upload');
  expect(JSON.parse(stored.body.toString()) as UploadResult).toEqual({
    key: 't:upload',
    bytes: bytes.length,
    replaced: false,
  });
  expect((await put('key=t:upload')).status).toBe(409);
  expect(JSON.parse((await put('key=t:upload&overwrite=1')).body.toString())).toMatchObject({ replaced: true });
  using kv = new KVault(client.path);
  expect(createHash('sha256').update(kv.get('upload')).digest('hex')).toBe(
    createHash('sha256').update(bytes).digest('hex'),
  );
  const broken = await client.api('files/0/raw?table=kv&key=t:short', {
    method: 'PUT',
    headers: { ...CHANGES, 'transfer-encoding': 'chunked' },
    body: '',
  });
  expect([broken.status, kv.get('short')?.length]).toEqual([200, 0]);
});

test('an upload that breaks off stores nothing', async () => {
  const client = await sampled({ readonly: false });
  const { host, port, token } = client.studio;
  const headers = { ...CHANGES, authorization: `Bearer ${token}`, 'content-length': '1000000' };
  const sent = httpRequest({ host, port, method: 'PUT', path: '/api/v1/files/0/raw?table=kv&key=t:broken', headers });
  sent.on('error', () => {});
  const closed = new Promise((resolve) => sent.on('close', resolve));
  sent.write(Buffer.alloc(10_000), () => sent.destroy());
  await closed;
  // The next request is answered after the server has noticed.
  await client.get('files/0/keys', { table: 'kv' });
  using kv = new KVault(client.path);
  expect(kv.has('broken')).toBe(false);
});

test('a page of long elements is shorter', async () => {
  const path = tempFile();
  {
    using columns = new ColumnVault(path);
    columns.createColumn('long', 'bytes').extend(Array.from({ length: 40 }, () => Buffer.alloc(1024 * 1024)));
    columns.createColumn('short', 'f64').extend(new Float64Array(40));
  }
  const client = await started({ file: path });
  const page = await client.get<ColumnTable>('files/0/columns/table', { name: ['long', 'short'], count: 40 });
  expect(page.length).toBe(40);
  expect(page.rows.length).toBeGreaterThan(0);
  expect(page.rows.length).toBeLessThan(40);
  const last = await client.get<ColumnTable>('files/0/columns/table', {
    name: ['long', 'short'],
    start: 39,
    count: 40,
  });
  expect(last.rows).toHaveLength(1);
});

test('a value with an encoding of its table is edited in it', async () => {
  const path = tempFile();
  {
    using kv = new KVault(path, { table: 'texts', valueEncoding: 'utf8' });
    kv.set('a', 'old');
  }
  const client = await started({ file: path, readonly: false });
  const view = await client.get<ValueView>('files/0/value', { table: 'texts', key: 't:a' });
  expect(view).toMatchObject({ kind: 'text', encoding: 'text', text: { v: 'old' } });
  const { id } = await client.post<ChangePlan>('files/0/plans', {
    kind: 'text',
    table: 'texts',
    key: 't:a',
    text: 'new',
  });
  await client.post(`files/0/plans/${id}`, {});
  using kv = new KVault(path, { table: 'texts', valueEncoding: 'utf8' });
  expect(kv.get('a')).toBe('new');
});

test('typed JSON gives back every value that it takes', () => {
  const leaf = fc.oneof(
    fc.double(),
    fc.bigInt(),
    fc.string(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.float32Array(),
    fc.bigInt64Array(),
    fc.constant(() => /a\/b/giu).map((make) => make()),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$bigint', '$object', '__proto__')), tie('tree'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
      fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
      fc.array(tie('tree'), { maxLength: 3 }).map((items) => new Set(items)),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const text = typedJson(value, 1_000_000) as string;
      expect(difference(readTypedJson(text), value)).toBeUndefined();
    }),
  );
});

test('typed JSON that is wrong is refused by its place', () => {
  const wrong: [string, RegExp][] = [
    ['{"a": ', /is not JSON/],
    ['{"a": [{"$bigint": 5}]}', /the value\.a\[0\]: \$bigint is 5; expected the digits/],
    ['{"$nothing": 1}', /is no type/],
    ['{"$typed": ["Float32Array", ["x"]]}', /element 0 is "x"/],
    ['{"$typed": ["Uint8Array", [256]]}', /which a Uint8Array cannot have/],
    ['{"$tensor": {"dtype": "f32", "shape": [2], "data": [1]}}', /its shape has 2/],
    ['{"$date": "soon"}', /expected a time/],
    ['{"$bytes": "@@"}', /expected base64/],
  ];
  for (const [text, message] of wrong) expect(() => readTypedJson(text)).toThrow(message);
});
