import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { KVault } from '@kohakuvault/kvault';
import kvaultDriver from '@kohakuvault/unstorage';
import { createStorage, prefixStorage, restoreSnapshot, snapshot } from 'unstorage';
import { expect, onTestFinished, test, vi } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

function open(options: Partial<Parameters<typeof kvaultDriver>[0]> = {}) {
  const driver = kvaultDriver({ path: tempFile(), ...options });
  const storage = createStorage({ driver });
  onTestFinished(() => storage.dispose());
  return { driver, storage, vault: () => driver.getInstance?.() as KVault };
}

test('the file is opened with the first call, and again after dispose', async () => {
  const path = tempFile();
  const { storage } = open({ path });
  await storage.setItem('a', 1);
  await storage.dispose();
  expect(await storage.getItem('a')).toBe(1);
  await storage.dispose();
});

test('items of all kinds', async () => {
  const { storage } = open();
  await storage.setItem('text', 'a');
  await storage.setItem('object', { n: [1, null] });
  await storage.setItem('zero', 0);
  await storage.setItem('false', false);
  expect(await storage.getItem('text')).toBe('a');
  expect(await storage.getItem('object')).toEqual({ n: [1, null] });
  expect([await storage.getItem('zero'), await storage.getItem('false')]).toEqual([0, false]);
  expect([await storage.getItem('none'), await storage.hasItem('none')]).toEqual([null, false]);
  await storage.removeItem('text');
  expect(await storage.hasItem('text')).toBe(false);
});

test('many items are one transaction, and one read', async () => {
  const { storage, vault } = open();
  await storage.setItems<string | object>([
    { key: 'a:1', value: 'one' },
    { key: 'a:2', value: { two: 2 } },
  ]);
  expect(await storage.getItems(['a:2', 'none', { key: 'a:1' }])).toEqual([
    { key: 'a:2', value: { two: 2 } },
    { key: 'none', value: null },
    { key: 'a:1', value: 'one' },
  ]);
  const tooLong = 'x'.repeat(2 ** 21);
  const refused = storage.setItems([
    { key: 'b', value: 1 },
    { key: tooLong, value: 2 },
  ]);
  await expect(refused).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  expect([...vault().keys()]).toEqual(['a:1', 'a:2']);
});

test('keys by base and by depth', async () => {
  const { storage, driver } = open();
  for (const key of ['top', 'a:1', 'a:2', 'a:deep:1', 'b:1']) await storage.setItem(key, 'x');
  expect(await storage.getKeys()).toEqual(['a:1', 'a:2', 'a:deep:1', 'b:1', 'top']);
  expect(await storage.getKeys('a')).toEqual(['a:1', 'a:2', 'a:deep:1']);
  expect(await storage.getKeys(undefined, { maxDepth: 0 })).toEqual(['top']);
  expect(await storage.getKeys(undefined, { maxDepth: 1 })).toEqual(['a:1', 'a:2', 'b:1', 'top']);
  await driver.clear?.('a:', {});
  expect(await storage.getKeys()).toEqual(['b:1', 'top']);
  await storage.clear();
  expect(await storage.getKeys()).toEqual([]);
});

test('a storage under a prefix, mounts and snapshots work as over other drivers', async () => {
  const { storage, driver } = open();
  const outer = createStorage();
  outer.mount('file', driver);
  await outer.setItem('file:a', 1);
  await outer.setItem('memory', 2);
  expect(await outer.getKeys()).toEqual(expect.arrayContaining(['file:a', 'memory']));
  expect(await storage.getItem('a')).toBe(1);
  const users = prefixStorage(storage, 'users');
  await users.setItem('ada', { born: 1815 });
  expect(await storage.getKeys()).toEqual(['a', 'users:ada']);
  const copy = createStorage();
  await restoreSnapshot(copy, await snapshot(storage, ''));
  expect(await copy.getItem('users:ada')).toEqual({ born: 1815 });
});

test('bytes come back as bytes, in whatever form they are asked for', async () => {
  const { storage } = open();
  const bytes = Uint8Array.of(0, 1, 254, 255);
  await storage.setItemRaw('bytes', bytes);
  await storage.setItemRaw('buffer', bytes.buffer);
  await storage.setItem('text', 'é');
  expect(await storage.getItemRaw('bytes')).toEqual(Buffer.from(bytes));
  expect(await storage.getItemRaw('buffer')).toEqual(Buffer.from(bytes));
  const asked = async (type: string, key = 'bytes') => await storage.getItemRaw(key, { type });
  expect(await asked('arrayBuffer')).toEqual(bytes.buffer);
  expect(Buffer.from(await (await asked('blob')).arrayBuffer())).toEqual(Buffer.from(bytes));
  expect(await asked('bytes', 'text')).toEqual(Buffer.from('é'));
  expect(await asked('bytes', 'none')).toBeNull();
  await expect(asked('nonsense')).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  await storage.setItemRaw('map', new Map([['a', 1]]));
  expect(await storage.getItemRaw('map')).toEqual(new Map([['a', 1]]));
});

test('values of any length are streamed', async () => {
  const { storage, vault } = open();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  await storage.setItemRaw('stream', Readable.from(Array.from({ length: 20 }, () => chunk)));
  await storage.setItemRaw('blob', new Blob(['abc']));
  await storage.setItemRaw('web', new Response('web').body);
  expect(vault().sizeOf('stream')).toBe(20 * chunk.length);
  let length = 0;
  for await (const part of await storage.getItemRaw('stream', { type: 'stream' })) length += part.length;
  expect(length).toBe(20 * chunk.length);
  expect([await storage.getItem('blob'), await storage.getItem('web')]).toEqual(['abc', 'web']);
  expect(await storage.getItemRaw('none', { type: 'stream' })).toBeNull();
});

test('items that live for some seconds', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { storage } = open({ ttl: 3_600 });
  await storage.setItem('short', 'x', { ttl: 10 });
  await storage.setItem('default', 'x');
  await storage.setItem('forever', 'x', { ttl: 0 });
  const many = ['m:1', 'm:2', 'm:3', 'm:1'];
  const lives = [10, 10, undefined, 10];
  await storage.setItems(many.map((key, nth) => ({ key, value: 'x', options: lives[nth] ? { ttl: lives[nth] } : {} })));
  await storage.setItemRaw('streamed', new Blob(['x']), { ttl: 10 });
  expect(await storage.getMeta('short')).toMatchObject({ size: 1, ttl: 10 });
  expect(await storage.getMeta('forever')).toEqual({ size: 1 });
  vi.setSystemTime(Date.now() + 11_000);
  expect(await storage.getKeys()).toEqual(['default', 'forever', 'm:3']);
  expect(await storage.getItem('short')).toBeNull();
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(await storage.getKeys()).toEqual(['forever']);
});

test('a watch reports the items that anybody writes, in their order', async () => {
  const path = tempFile();
  const { storage } = open({ path });
  await storage.setItem('before', 1);
  const seen: string[] = [];
  let enough = () => {};
  const three = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const unwatch = await storage.watch((event, key) => {
    if (seen.push(`${event} ${key}`) === 3) enough();
  });
  await storage.setItem('a:b', 1);
  const program = `
    const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))});
    const database = new Database(${JSON.stringify(path)});
    database.exec("INSERT INTO unstorage VALUES (CAST('other' AS BLOB), CAST('x' AS BLOB)); DELETE FROM unstorage WHERE key = CAST('before' AS BLOB)");
    database.close();`;
  await once(new Worker(program, { eval: true }), 'exit');
  await three;
  expect(seen).toEqual(['update a:b', 'update other', 'remove before']);
  await unwatch();
  await storage.setItem('later', 1);
  const next = new Promise<string>((resolve) => {
    void storage.watch((event, key) => resolve(`${event} ${key}`));
  });
  await storage.removeItem('a:b');
  expect([await next, seen.length]).toEqual(['remove a:b', 3]);
});

test('an item is shared with a KVault', async () => {
  using kv = new KVault(tempFile());
  const { storage } = open({ path: kv, table: 'items' });
  await storage.setItem('a', 'text');
  using same = new KVault(kv, { table: 'items' });
  expect(same.get('a')).toBe('text');
  await storage.dispose();
  expect(kv.open).toBe(true);
});

test('bad options are refused at once', () => {
  expect(() => kvaultDriver({} as never)).toThrow(expect.objectContaining({ code: 'KV_INVALID_ARGUMENT' }));
  expect(() => kvaultDriver({ path: 'a.db', tabel: 'x' } as never)).toThrow('did you mean table?');
  expect(() => kvaultDriver({ path: 'a.db', ttl: -1 })).toThrow('number of seconds');
});
