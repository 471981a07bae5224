// Who is let in, and what of a file's content can run: nothing.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import type { ErrorBody, KeysPage, Overview, StudioInfo } from '../src/index.ts';
import { startStudio, studioHandler } from '../src/index.ts';
import { sampled, started } from './support/client.ts';
import { HTML, SVG } from './support/sample-file.ts';

const JSON_BODY = { 'content-type': 'application/json', 'x-kohakuvault-studio': '1' };

test('without the token, nothing of the file is told', async () => {
  const client = await sampled();
  const wrong = `${client.studio.token.slice(0, -1)}${client.studio.token.endsWith('A') ? 'B' : 'A'}`;
  for (const headers of [
    {},
    { authorization: `Bearer ${wrong}` },
    { cookie: `kohakuvault-studio-000000000000=${client.studio.token}` },
  ]) {
    const { status, body } = await client.raw('/api/v1/files/0/overview', { headers });
    expect(status).toBe(401);
    expect((JSON.parse(body.toString()) as ErrorBody).error.code).toBe('STUDIO_TOKEN');
    expect(body.toString()).not.toContain('kv');
  }
  expect((await client.raw(`/api/v1/studio?token=${wrong}`)).status).toBe(401);
  const page = await client.raw('/');
  expect(page.status).toBe(401);
  expect(page.headers['set-cookie']).toBeUndefined();
});

test('the address that is printed sets a cookie that scripts and other sites do not have', async () => {
  const client = await sampled();
  const { pathname, search } = new URL(client.studio.url);
  const { headers } = await client.raw(pathname + search);
  const [cookie] = headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
  const info = await client.raw('/api/v1/studio', { headers: { cookie: (cookie as string).split(';')[0] as string } });
  expect(info.status).toBe(200);
  expect(String(headers['content-security-policy'])).toContain("default-src 'none'");
  expect(String(headers['content-security-policy'])).not.toContain('unsafe-inline');
});

test('names of other hosts are refused, so that no other site becomes this origin', async () => {
  const client = await sampled();
  const { port } = client.studio;
  const statusOf = async (host: string) => (await client.api('studio', { headers: { host } })).status;
  expect(await statusOf(`evil.example:${port}`)).toBe(403);
  expect(await statusOf('127.0.0.1.evil.example')).toBe(403);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
    expect(await statusOf(host)).toBe(200);
  const named = await started({ file: client.path, hosts: ['vault.example'] });
  expect((await named.api('studio', { headers: { host: 'vault.example' } })).status).toBe(200);
  expect((await client.raw('/', { headers: { host: 'evil.example' } })).status).toBe(403);
});

test('requests that pages of other origins cause are refused', async () => {
  const client = await sampled({ readonly: false });
  const { port } = client.studio;
  const statusOf = async (headers: Record<string, string>) => (await client.api('studio', { headers })).status;
  expect(await statusOf({ origin: `http://127.0.0.1:${port}` })).toBe(200);
  expect(await statusOf({ origin: 'http://127.0.0.1:1' })).toBe(403);
  expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
  expect(await statusOf({ origin: 'null' })).toBe(403);
  expect(await statusOf({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await statusOf({ 'sec-fetch-site': 'same-site' })).toBe(403);
  expect(await statusOf({ 'sec-fetch-site': 'same-origin' })).toBe(200);
  const plan = { method: 'POST', body: JSON.stringify({ kind: 'delete', table: 'kv', keys: ['t:text'] }) };
  const forms = [{ 'content-type': 'application/json' }, { 'x-kohakuvault-studio': '1', 'content-type': 'text/plain' }];
  for (const headers of forms) {
    expect((await client.api('files/0/plans', { ...plan, headers })).status).toBeGreaterThanOrEqual(400);
  }
  expect((await client.api('files/0/plans', { ...plan, headers: JSON_BODY })).status).toBe(200);
});

test('a Studio that only reads changes nothing', async () => {
  const client = await sampled();
  const before = readFileSync(client.path);
  const body = JSON.stringify({ kind: 'delete', table: 'kv', keys: ['t:text'] });
  const plan = await client.api('files/0/plans', { method: 'POST', body, headers: JSON_BODY });
  expect([plan.status, JSON.parse(plan.body.toString()).error.code]).toEqual([403, 'STUDIO_READONLY']);
  const put = await client.api('files/0/raw?table=kv&key=t:new', {
    method: 'PUT',
    body: 'x',
    headers: { 'x-kohakuvault-studio': '1' },
  });
  expect(put.status).toBe(403);
  await client.get('files/0/overview');
  await client.get('files/0/keys', { table: 'not there' }, 404);
  expect(readFileSync(client.path).equals(before)).toBe(true);
});

test('stored HTML, SVG and JSON never run', async () => {
  const client = await sampled();
  const raw = (key: string) => client.api(`files/0/raw?table=kv&key=${encodeURIComponent(key)}`);
  const html = await raw('t:html');
  expect(html.body.toString()).toBe(HTML);
  expect(html.headers['content-type']).toBe('text/plain; charset=utf-8');
  const svg = await raw('t:svg');
  expect(svg.body.toString()).toBe(SVG);
  expect(svg.headers['content-type']).toBe('image/svg+xml');
  for (const { headers } of [html, svg]) {
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*; sandbox$/);
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  }
  const unknown = await client.api('files/0/raw?table=kv&key=t:everything&form=stored');
  expect(unknown.headers['content-type']).toBe('application/octet-stream');
  expect(unknown.headers['content-disposition']).toMatch(/^attachment; /);
});

test('hostile names of keys, tables and columns are names and nothing else', async () => {
  const path = tempFile();
  const names = [
    '"; DROP TABLE kv; --',
    '<img src=x onerror=alert(1)>',
    'a\'b"c`d[e]',
    '../../etc/passwd',
    'emoji 🐈',
    '%00%0d%0a',
    ' ',
  ];
  for (const table of names) {
    using kv = new KVault(path, { table });
    for (const key of names) kv.set(key, { key });
  }
  {
    using columns = new ColumnVault(path);
    for (const name of names) columns.createColumn(name, 'f64').extend([1, 2, 3]);
  }
  const client = await started({ file: path });
  const overview = await client.get<Overview>('files/0/overview');
  expect(overview.kv.map(({ table }) => table).sort()).toEqual([...names].sort());
  for (const table of names) {
    const page = await client.get<KeysPage>('files/0/keys', { table });
    expect(page.entries).toHaveLength(names.length);
    for (const key of names) await client.get('files/0/value', { table, key: `t:${key}` });
    await client.get('files/0/columns/summary', { name: table });
    await client.get('files/0/columns/table', { name: [table] });
    const { headers } = await client.api(
      `files/0/raw?${new URLSearchParams({ table, key: `t:${table}`, form: 'stored' })}`,
    );
    expect(headers['content-disposition']).toMatch(/^attachment; filename="[\w.-]+"; filename\*=UTF-8''[\w%.~-]+$/);
  }
  await client.get('files/0/sizes');
});

test('wrong requests get an answer that says what is wrong', async () => {
  const client = await sampled();
  const wrong = async (path: string, status: number, text: RegExp | string) => {
    const { error } = await client.get<ErrorBody>(path, {}, status);
    expect(error.message).toMatch(text);
  };
  await wrong('nothing', 404, 'the API has no');
  await wrong('files/7/overview', 404, 'there is no file');
  await wrong('files/0/keys', 400, 'has no table');
  await wrong('files/0/keys?table=kv&limit=0', 400, 'limit is 0');
  await wrong('files/0/keys?table=kv&limit=x', 400, 'expected a number');
  await wrong('files/0/keys?table=kv&prefix=user', 400, 't: and the text of the key');
  await wrong('files/0/keys?table=kv&separator=:&after=nonsense', 400, 'the next of the page before');
  await wrong('files/0/value?table=kv&key=t:missing', 404, 'has no key');
  await wrong('files/0/value/part?table=kv&key=t:config&path=9', 404, 'has no part');
  await wrong('files/0/raw?table=kv&key=t:config', 400, 'is packed');
  await wrong('files/0/columns/curve?name=words', 400, 'are not numbers');
  await wrong('files/0/columns/curve?name=nothing', 404, 'no column');
  await wrong('files/0/vectors/rows?table=nothing', 404, 'no vectors called');
  await wrong('files/0/vectors/map?table=vectors&method=other', 400, 'method is');
  const { error } = await client.post<ErrorBody>('files/0/overview', {}, 405);
  expect(error.message).toBe('overview answers GET, not POST');
  const posted = await client.post<ErrorBody>(
    'files/0/vectors/search',
    { table: 'vectors', vector: [1, 2], kk: 1 },
    400,
  );
  expect(posted.error.message).toContain('kk');
});

test('SQL of people cannot write, attach, or load anything', async () => {
  const client = await sampled({ readonly: false });
  const other = tempFile('other.db');
  const refused = [
    'DELETE FROM kv',
    "INSERT INTO kv VALUES (x'61', x'62')",
    `ATTACH '${other}' AS other`,
    `/* a comment */ -- another\n ATTACH '${other}' AS other`,
    `VACUUM INTO '${other}'`,
    'PRAGMA journal_mode = DELETE',
    'PRAGMA writable_schema = ON',
    'BEGIN IMMEDIATE',
    'WITH x AS (SELECT 1) DELETE FROM kv',
    'SELECT 1; DELETE FROM kv',
    "SELECT load_extension('evil')",
    '',
    'EXPLAIN',
  ];
  for (const sql of refused) {
    const { status, body } = await client.api('files/0/sql/query', {
      method: 'POST',
      headers: JSON_BODY,
      body: JSON.stringify({ sql }),
    });
    expect([sql, status >= 400 && status < 500]).toEqual([sql, true]);
    expect(JSON.parse(body.toString()).error.message).not.toContain('defect');
  }
  using kv = new KVault(client.path, { keyEncoding: 'bytes' });
  expect(kv.size).toBe(12);
  const slow = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const { error } = await client.post<ErrorBody>('files/0/sql/query', { sql: slow, timeoutMs: 300 }, 504);
  expect(error.message).toContain('took longer than 0.3 s');
});

test("a handler in a user's server has the same locks, wherever it is mounted", async () => {
  const path = tempFile();
  using kv = new KVault(path);
  kv.set('a', 1);
  const handler = studioHandler(kv, { basePath: '/tools/studio' });
  onTestFinished(() => handler.close());
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const base = `http://127.0.0.1:${port}/tools/studio`;
  expect((await fetch(`${base}/api/v1/studio`)).status).toBe(401);
  const redirect = await fetch(base, { redirect: 'manual' });
  expect([redirect.status, redirect.headers.get('location')]).toEqual([308, '/tools/studio/']);
  const entered = await fetch(base + handler.entrance);
  const cookie = entered.headers.get('set-cookie') as string;
  expect(cookie).toContain('; Path=/tools/studio; ');
  const info = await fetch(`${base}/api/v1/studio`, { headers: { cookie: cookie.split(';')[0] as string } });
  expect(((await info.json()) as StudioInfo).readonly).toBe(true);
});

test("a handler takes and returns the web's requests", async () => {
  using kv = new KVault(':memory:');
  kv.set('a', Buffer.from('some bytes'));
  const handler = studioHandler(kv, { authorize: (request) => request.header('x-user') === 'ada', readonly: false });
  onTestFinished(() => handler.close());
  const ask = (path: string, init: RequestInit = {}) =>
    handler.fetch(new Request(`http://app.example${path}`, { ...init, headers: { 'x-user': 'ada', ...init.headers } }));
  expect((await handler.fetch(new Request('http://app.example/api/v1/studio'))).status).toBe(401);
  expect((await ask('/api/v1/studio', { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  // Next removes the header, and would leave the page unreadable.
  const page = await ask('/', { headers: { 'accept-encoding': 'br' } });
  expect(page.headers.get('content-encoding')).toBeNull();
  const bytes = await ask('/api/v1/files/0/raw?table=kv&key=t:a', { headers: { range: 'bytes=5-' } });
  expect([bytes.status, await bytes.text()]).toEqual([206, 'bytes']);
  const sql = await ask('/api/v1/files/0/sql/query', {
    method: 'POST',
    headers: JSON_BODY,
    body: JSON.stringify({ sql: 'SELECT count(*) AS n FROM kv' }),
  });
  expect(((await sql.json()) as { rows: unknown }).rows).toEqual([[1]]);
  const put = await ask('/api/v1/files/0/raw?table=kv&key=t:b', {
    method: 'PUT',
    body: 'uploaded',
    headers: { 'x-kohakuvault-studio': '1' },
  });
  expect([put.status, kv.get('b')?.toString()]).toEqual([200, 'uploaded']);
});

test('options are checked', async () => {
  await expect(startStudio({} as never)).rejects.toThrow('{ file }, { files } or { vaults }');
  await expect(startStudio({ file: 'a', prt: 1 } as never)).rejects.toThrow('did you mean port');
  await expect(startStudio({ file: tempFile() })).rejects.toThrow('there is no file');
  using kv = new KVault(':memory:');
  expect(() => studioHandler(kv, { basePath: 'studio/' })).toThrow('a path such as /studio');
  const first = await started({ vaults: [kv] });
  await expect(startStudio({ vaults: [kv], port: first.studio.port })).rejects.toThrow('is in use');
});
