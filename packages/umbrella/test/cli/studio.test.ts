// `kohakuvault studio` and `kohakuvault mcp`, as separate processes: with a browser's requests, and the SDK's client.
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile, tempFolder } from '../../../../tools/testing/src/temp.ts';
import { COMMAND_LINE, run, start } from '../support/command-line.ts';

function sample(): string {
  const path = tempFile();
  using kv = new KVault(path);
  kv.update({
    'user:1': { name: 'Ada', born: new Date(0), big: 2n ** 70n },
    text: 'x'.repeat(50_000),
    bytes: Buffer.from([0, 1, 2]),
  });
  kv.set(Buffer.from([0xff]), 'bytes as a key');
  using columns = new ColumnVault(path);
  columns.createColumn('loss', 'f64').extend(Float64Array.from({ length: 1_000 }, (_, nth) => nth));
  using vectors = new VectorKVault(path, { table: 'vectors', dimensions: 2, fields: { even: 'bool' } });
  using texts = new TextVault(path, { table: 'texts' });
  for (let nth = 0; nth < 10; nth++) {
    vectors.insert([nth, 1], { nth }, { even: nth % 2 === 0 });
    texts.insert(`text ${nth} about ${nth % 2 ? 'cats' : 'dogs'}`, { nth });
  }
  return path;
}

/** Starts a Studio, and returns the address that it prints. */
async function studioOf(words: readonly string[]) {
  const child = start(['studio', ...words]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const [url] = (await once(lines, 'line')) as [string];
  return { child, url };
}

test('studio prints an address that lets in, and ends in order', async () => {
  const path = sample();
  const { child, url } = await studioOf([path]);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
  const { origin, searchParams } = new URL(url);
  const headers = { authorization: `Bearer ${searchParams.get('token')}` };
  const info = (await (await fetch(`${origin}/api/v1/studio`, { headers })).json()) as { readonly: boolean };
  expect(info.readonly).toBe(true);
  expect((await fetch(`${origin}/api/v1/studio`)).status).toBe(401);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('studio --write says so, and --json is for programs', async () => {
  const path = sample();
  const child = start(['studio', path, '--write', '--json']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { url, host, port } = JSON.parse(line) as { url: string; host: string; port: number };
  expect([host, url.includes(`:${port}/`)]).toEqual(['127.0.0.1', true]);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});

test('studio refuses a path without a file, and warns of another host', async () => {
  const missing = await run(['studio', tempFile()]);
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('there is no file')]);
  const path = sample();
  const child = start(['studio', path, '--host', '0.0.0.0']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stderr });
  const [warning] = (await once(lines, 'line')) as [string];
  expect(warning).toContain('is reached from other machines');
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('without the package, the commands say how to get it', async () => {
  // A copy of the command line in a folder where nothing else is installed but what it needs.
  const root = resolve(import.meta.dirname, '../../../..');
  const folder = tempFolder();
  cpSync(join(root, 'packages/umbrella/src'), join(folder, 'umbrella/src'), { recursive: true });
  cpSync(join(root, 'packages/umbrella/package.json'), join(folder, 'umbrella/package.json'));
  const scope = join(folder, 'umbrella/node_modules/@kohakuvault');
  mkdirSync(scope, { recursive: true });
  for (const name of ['columns', 'core-native', 'kvault', 'packer', 'postgres', 'text', 'vector', 'ordered']) {
    symlinkSync(join(root, 'packages', name), join(scope, name));
  }
  symlinkSync(
    join(root, 'packages/umbrella/node_modules/better-sqlite3'),
    join(folder, 'umbrella/node_modules/better-sqlite3'),
  );
  const main = join(folder, 'umbrella/src/cli/main.ts');
  const { spawnSync } = await import('node:child_process');
  for (const command of ['studio', 'mcp']) {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@kohakuvault/source', main, command, sample()],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([5, expect.stringContaining('npm install @kohakuvault/studio')]);
  }
});

async function agentOn(words: readonly string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [...COMMAND_LINE, 'mcp', ...words] }),
  );
  onTestFinished(() => client.close());
  return client;
}

async function call(client: Client, name: string, args: object, isError = false): Promise<unknown> {
  const result = await client.callTool({ name, arguments: args as Record<string, unknown> });
  const [content] = result.content as { type: string; text: string }[];
  expect([name, content?.text, result.isError ?? false]).toEqual([name, content?.text, isError]);
  return isError ? content?.text : JSON.parse(content?.text ?? '');
}

test('an agent reads a file by the tools of mcp', async () => {
  const client = await agentOn([sample()]);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    'list_tables',
    'get',
    'scan',
    'search',
    'column_stats',
    'column_slice',
  ]);
  expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
  expect(await call(client, 'list_tables', {})).toMatchObject({
    kv: [{ table: 'kv', keys: 4 }],
    columns: [{ name: 'loss', dtype: 'f64', length: 1_000 }],
    vectors: [{ table: 'vectors', vectors: 10 }],
    texts: [{ table: 'texts', documents: 10 }],
  });
  expect(await call(client, 'get', { key: 'user:1' })).toMatchObject({
    value: { name: 'Ada', born: { $date: '1970-01-01T00:00:00.000Z' }, big: { $bigint: String(2n ** 70n) } },
  });
  expect(await call(client, 'get', { key: 'text' })).toMatchObject({ text: 'x'.repeat(20_000), next: 20_000 });
  expect(await call(client, 'get', { key: 'text', offset: 40_000 })).toMatchObject({ text: 'x'.repeat(10_000) });
  expect(await call(client, 'get', { key: 'bytes' })).toMatchObject({ hex: '000102', bytes: 3 });
  expect(await call(client, 'get', { key: 'x:ff' })).toMatchObject({ text: 'bytes as a key' });
  const scanned = (await call(client, 'scan', { limit: 2 })) as {
    keys: { key: string }[];
    next: string;
    count: number;
  };
  expect([scanned.keys.map(({ key }) => key), scanned.count]).toEqual([['bytes', 'text'], 4]);
  const next = (await call(client, 'scan', { after: scanned.next })) as { keys: { key: string }[]; next: null };
  expect([next.keys.map(({ key }) => key), next.next]).toEqual([['user:1', 'x:ff'], null]);
  expect(await call(client, 'search', { texts: 'texts', query: 'cats', k: 2 })).toMatchObject({
    total: 5,
    results: [{ value: {} }, {}],
  });
  const near = (await call(client, 'search', { vectors: 'vectors', vector: [0, 1], k: 2, where: { even: true } })) as {
    results: { id: string; value: object; fields: object }[];
  };
  expect(near.results.map(({ id, value, fields }) => ({ id, value, fields }))).toEqual([
    { id: '1', value: { nth: 0 }, fields: { even: true } },
    { id: '3', value: { nth: 2 }, fields: { even: true } },
  ]);
  expect(
    await call(client, 'search', { texts: 'texts', vectors: 'vectors', query: 'cats', vector: [0, 1] }),
  ).toMatchObject({
    results: expect.arrayContaining([expect.objectContaining({ vectorRank: 1 })]),
  });
  expect(await call(client, 'column_stats', { name: 'loss' })).toMatchObject({
    count: 1_000,
    min: 0,
    max: 999,
    mean: 499.5,
  });
  expect(await call(client, 'column_slice', { names: ['loss'], start: -2 })).toMatchObject({
    start: 998,
    rows: [[998], [999]],
  });
  expect(await call(client, 'get', { key: 'missing' }, true)).toContain('KV_NOT_FOUND');
  expect(await call(client, 'get', { key: 'a', tabel: 'kv' }, true)).toContain('did you mean table');
  expect(await call(client, 'set', { key: 'a', value: 1 }, true)).toContain('--write');
  expect(await call(client, 'search', {}, true)).toContain('expects texts, vectors or both');
});

test('mcp --write stores and deletes', async () => {
  const path = sample();
  const client = await agentOn([path, '--write']);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['set', 'delete']));
  await call(client, 'set', { key: 'new', value: { a: [1, null] } });
  expect(await call(client, 'delete', { keys: ['text', 'missing'] })).toEqual({ deleted: 1 });
  await client.close();
  using kv = new KVault(path);
  expect([kv.get('new'), kv.has('text')]).toEqual([{ a: [1, null] }, false]);
});
