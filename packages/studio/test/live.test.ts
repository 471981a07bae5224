// A file that changes, is damaged or goes away while it is looked at, and clients that go away.

import { once } from 'node:events';
import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { VaultFile } from '../src/file/vault-file.ts';
import type {
  ColumnSummary,
  Curve,
  ErrorBody,
  KeyCount,
  KeysPage,
  SqlResult,
  StudioEvent,
  VerifyMessage,
} from '../src/index.ts';
import { TaskPool } from '../src/tasks/task-pool.ts';
import { type Client, sampled, started } from './support/client.ts';
import { startScript } from './support/other-process.ts';

/** Begins two exports that have no end, as many as threads for such work. */
async function endlessExports(pool: TaskPool, signal: AbortSignal) {
  const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
  const streams = [1, 2].map(() => pool.stream<Uint8Array>('sql export', { sql, format: 'csv' }, signal));
  for (const stream of streams) expect((await stream.next()).done).toBe(false);
  return streams;
}

/** Listens to the events of a Studio. */
async function* eventsOf({ studio }: Client): AsyncGenerator<StudioEvent> {
  const stop = new AbortController();
  const { host, port, token } = studio;
  const asked = httpRequest({ host, port, path: `/api/v1/events?token=${token}`, signal: stop.signal });
  asked.on('error', () => {});
  asked.end();
  const [answer] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  try {
    for await (const chunk of answer) {
      text += chunk.toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [data] = text
          .slice(0, end)
          .split('\n')
          .filter((line) => line.startsWith('data: '));
        text = text.slice(end + 2);
        if (data !== undefined) yield JSON.parse(data.slice(6)) as StudioEvent;
      }
    }
  } finally {
    stop.abort();
  }
}

async function next(events: AsyncGenerator<StudioEvent>, type: StudioEvent['type']): Promise<StudioEvent> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error(`the events ended before ${type}`);
    if (value.type === type) return value;
  }
}

const APPENDS = `
import { ColumnVault } from '@kohakuvault/columns';
const [path] = process.argv.slice(1);
const vault = new ColumnVault(path);
const column = vault.column('numbers');
process.stdin.on('data', () => { column.extend(Float64Array.from({ length: 1000 }, (_, nth) => nth)); process.stdout.write('done'); });
process.stdin.on('end', () => vault.close());
process.stdout.write('ready');
`;

test('what another process appends is told, and is in the next answer', async () => {
  const client = await sampled();
  const events = eventsOf(client);
  const hello = await next(events, 'hello');
  const writer = startScript(APPENDS, [client.path]);
  onTestFinished(() => void writer.kill());
  await once(writer.stdout, 'data');
  for (const length of [11_000, 12_000]) {
    const done = once(writer.stdout, 'data');
    writer.stdin.write('append');
    await done;
    const changed = await next(events, 'changed');
    expect(changed).toMatchObject({ file: '0', walBytes: expect.any(Number) });
    expect('version' in changed && 'files' in hello && hello.files[0]?.version !== changed.version).toBe(true);
    const curve = await client.get<Curve>('files/0/columns/curve', { name: 'numbers', points: 10 });
    expect(curve.length).toBe(length);
  }
  writer.stdin.end();
  await events.return(undefined);
});

test('a file that is deleted or replaced while it is open is gone, which every view tells', async () => {
  const client = await sampled();
  const events = eventsOf(client);
  await next(events, 'hello');
  renameSync(client.path, `${client.path}.old`);
  expect(await next(events, 'gone')).toMatchObject({ file: '0', message: expect.stringContaining('deleted or moved') });
  const { error } = await client.get<ErrorBody>('files/0/keys', { table: 'kv' }, 410);
  expect(error.code).toBe('STUDIO_GONE');
  expect(error.message).toContain('start the Studio again');
  {
    using other = new KVault(client.path);
    other.set('a', 1);
  }
  expect((await client.get<ErrorBody>('files/0/overview', {}, 410)).error.message).toContain('replaced');
  expect(await client.get<object>('studio')).toMatchObject({ version: 1 });
  await events.return(undefined);
});

test('of a damaged file, what is sound is shown, and what is not is an error that says so', async () => {
  const path = tempFile();
  {
    using kv = new KVault(path, { pageSize: 4096 });
    for (let nth = 0; nth < 2_000; nth++) kv.set(`key ${nth}`, 'x'.repeat(200));
    kv.checkpoint('truncate');
  }
  const { size } = statSync(path);
  const client = await started({ file: path });
  expect((await client.get<KeysPage>('files/0/keys', { table: 'kv' })).entries).toHaveLength(200);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(size - 40_960, 0xaa), 0, size - 40_960, 40_960);
  closeSync(file);
  // Another connection has not read the pages yet.
  const again = await started({ file: path });
  const messages = await again.lines<VerifyMessage>('files/0/verify');
  expect(messages.at(-1)).toMatchObject({ type: 'end', sound: false });
  const broken = await again.api('files/0/keys?table=kv&skip=1500');
  expect([422, 500]).toContain(broken.status);
  expect(broken.status).toBe(422);
  expect((JSON.parse(broken.body.toString()) as ErrorBody).error).toMatchObject({ code: 'KV_CORRUPT' });
  expect(await again.get<object>('files/0/overview')).toMatchObject({ isVault: true });
});

test('not a file of vaults, and no file at all, are told before anything listens', async () => {
  const path = tempFile();
  const file = openSync(path, 'w');
  writeSync(file, 'this is a text'.repeat(100));
  closeSync(file);
  await expect(started({ file: path })).rejects.toThrow('is not a SQLite database');
  rmSync(path);
  await expect(started({ file: path })).rejects.toThrow('there is no file');
});

test('the work of a client that has gone ends', async () => {
  const client = await sampled();
  const slow = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0';
  const body = JSON.stringify({ sql: slow, timeoutMs: 60_000 });
  const headers = { 'content-type': 'application/json', 'x-kohakuvault-studio': '1' };
  // As many as run at a time: another query waits until one of them has ended.
  const tabs = [new AbortController(), new AbortController()];
  const asked = tabs.map(({ signal }) => client.api('files/0/sql/query', { method: 'POST', headers, body, signal }));
  const waits = client.post<SqlResult>('files/0/sql/query', { sql: 'SELECT 1 AS one' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const tab of tabs) tab.abort();
  await Promise.all(asked.map((one) => expect(one).rejects.toThrow()));
  expect((await waits).rows).toEqual([[1]]);
});

test('a statement that nobody waits for any more is interrupted, not only left alone', async () => {
  const path = tempFile();
  using columns = new ColumnVault(path);
  using file = new VaultFile(columns);
  const pool = new TaskPool(file);
  const silent = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0';
  const abort = new AbortController();
  const began = pool.run('sql', { sql: silent, timeoutMs: 3_600_000 }, abort.signal);
  // The next task of another thread runs while the statement does.
  await pool.run('sizes', {}, new AbortController().signal);
  abort.abort();
  await expect(began).rejects.toThrow('aborted');
  // A thread ends when its statement has ended, which would be in an hour.
  await pool.close();
  expect(pool.ending).toBe(0);
});

test('views do not wait for statements and downloads without an end', async () => {
  const path = tempFile();
  using columns = new ColumnVault(path);
  columns.createColumn('a', 'f64').extend(new Float64Array(1_000));
  using file = new VaultFile(columns);
  const pool = new TaskPool(file);
  onTestFinished(() => pool.close());
  const left = new AbortController();
  const streams = await endlessExports(pool, left.signal);
  let waits = true;
  const third = pool.run<SqlResult>('sql', { sql: 'SELECT 1' }, new AbortController().signal).then((result) => {
    waits = false;
    return result;
  });
  const sizes = await pool.run('sizes', {}, new AbortController().signal);
  expect(sizes).toMatchObject({ total: expect.any(Number) });
  expect(waits).toBe(true);
  await streams[0]?.return(undefined as never);
  expect((await third).rows).toHaveLength(1);
  left.abort();
  await expect(streams[1]?.next()).rejects.toThrow('aborted');
});

test('a task that is aborted ends, also while it waits for a thread', async () => {
  const path = tempFile();
  using columns = new ColumnVault(path);
  columns.createColumn('a', 'f64').extend(new Float64Array(1_000));
  using file = new VaultFile(columns);
  const pool = new TaskPool(file);
  onTestFinished(() => pool.close());
  const abort = new AbortController();
  const streams = await endlessExports(pool, abort.signal);
  const third = new AbortController();
  const waiting = pool.run('sql', { sql: 'SELECT 1' }, third.signal);
  third.abort();
  await expect(waiting).rejects.toThrow('aborted');
  await streams[0]?.return(undefined as never);
  expect(await pool.run('sizes', {}, new AbortController().signal)).toMatchObject({ total: expect.any(Number) });
  abort.abort();
  await expect(streams[1]?.next()).rejects.toThrow('aborted');
});

test('a long column, and the keys of a long file, are computed in another thread', async () => {
  const path = tempFile();
  const length = 9_000_000;
  using columns = new ColumnVault(path);
  using kv = new KVault(columns);
  kv.setMany(Array.from({ length: 1_000 }, (_, nth) => [`key ${nth}`, Buffer.alloc(10)] as const));
  const column = columns.createColumn('long', 'f64');
  column.extend(Float64Array.from({ length }, (_, nth) => Math.sin(nth / 100_000)));
  const client = await started({ vaults: [kv] });
  const curve = await client.get<Curve>('files/0/columns/curve', { name: 'long', points: 500 });
  expect(curve).toMatchObject({ length, start: 0, end: length, reduced: true });
  const { indexes, values } = column.downsample(500);
  expect([curve.rows, curve.ys]).toEqual([[...indexes], [...values]]);
  const summary = await client.get<ColumnSummary>('files/0/columns/summary', { name: 'long', start: -1_000_000 });
  expect(summary).toMatchObject({ count: 1_000_000, max: column.max({ start: -1_000_000 }) });
  const counted = await client.get<KeyCount>('files/0/keys/count', { table: 'kv', prefix: 't:key 1' });
  expect(counted).toEqual({ count: kv.count('key 1'), bytes: kv.count('key 1') * 10 });
});

test('two Studios on one file, and a vault of the same process, do not disturb each other', async () => {
  const client = await sampled({ readonly: false });
  const other = await started({ file: client.path });
  using kv = new KVault(client.path);
  await other.studio.close();
  expect(kv.get('number')).toBe(42);
  expect((await client.get<KeysPage>('files/0/keys', { table: 'kv' })).entries.length).toBe(12);
});
