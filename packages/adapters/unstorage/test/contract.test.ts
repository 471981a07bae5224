// What unstorage asks of each driver: the points of `testDriver` in `test/drivers/utils.ts` of its repository, as of commit
// 000441c0 (2.0 alpha), which is not in its package. In words of our own; the frame of the suite is kept: each test
// leaves the storage empty, and the driver is one for all.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kvaultDriver from '@kohakuvault/unstorage';
import { createStorage, restoreSnapshot } from 'unstorage';
import { afterAll, afterEach, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-unstorage-'));
const storage = createStorage({ driver: kvaultDriver({ path: join(folder, 'items.db') }) });
afterEach(() => storage.clear());
afterAll(async () => {
  await storage.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const sorted = async (keys: Promise<string[]>) => (await keys).sort();

test('a snapshot is restored', async () => {
  await restoreSnapshot(storage, { first: 'restored' });
  expect(await storage.getItem('first')).toBe('restored');
});

test('a new storage has nothing', async () => {
  expect(await storage.hasItem('a:x')).toBe(false);
  expect(await storage.getItem('b:x')).toBeNull();
  expect(await storage.getKeys()).toEqual([]);
});

test('a key has no query string', async () => {
  await storage.setItem('a:x?version=1', 'text');
  expect(await storage.hasItem('a:x')).toBe(true);
  expect(await storage.getItem('a:x?version=2')).toBe('text');
  expect(await storage.getKeys()).toEqual(['a:x']);
});

test('keys are listed, all and below a base', async () => {
  for (const key of ['a:x', 'b:x', 'c:x?y']) await storage.setItem(key, 'text');
  expect(await sorted(storage.getKeys())).toEqual(['a:x', 'b:x', 'c:x']);
  expect(await storage.getKeys('a')).toEqual(['a:x']);
});

test('keys are listed down to a depth', async () => {
  const levels = [['top'], ['one:a', 'one:b'], ['one:two:a', 'one:two:b']];
  for (const key of levels.flat()) await storage.setItem(key, 'text');
  for (let maxDepth = 0; maxDepth < levels.length; maxDepth++) {
    const expected = levels.slice(0, maxDepth + 1).flat();
    expect(await sorted(storage.getKeys(undefined, { maxDepth }))).toEqual(expected.sort());
  }
});

test('objects, primitives, and what has a toJSON come back as JSON has them', async () => {
  const values: [stored: unknown, expected: unknown][] = [
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }],
    [true, true],
    [false, false],
    [0, 0],
    [{ toJSON: () => 'text' }, 'text'],
    [{ toJSON: () => ({ inner: 1 }) }, { inner: 1 }],
  ];
  for (const [stored, expected] of values) {
    await storage.setItem('/folder/value.json', stored as object);
    expect(await storage.getItem('folder:value.json')).toEqual(expected);
  }
});

test('an object of a class is refused', async () => {
  class Point {}
  await expect(storage.setItem('point', new Point())).rejects.toThrow('Cannot stringify value');
  expect(await storage.hasItem('point')).toBe(false);
});

test('raw bytes are the same bytes', async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  await storage.setItemRaw('/folder/raw.bin', bytes);
  const raw = await storage.getItemRaw('/folder/raw.bin');
  expect(Buffer.from(raw).equals(bytes)).toBe(true);
});

test('many items are set and got, in the order of the question', async () => {
  await storage.setItems(['c', 'b', 'a'].map((key) => ({ key: `${key}:x?y`, value: `of ${key}` })));
  const found = await storage.getItems([{ key: 'a:x' }, 'b:x', { key: 'c:x?z' }, 'd:x']);
  expect(found).toEqual([
    { key: 'a:x', value: 'of a' },
    { key: 'b:x', value: 'of b' },
    { key: 'c:x', value: 'of c' },
    { key: 'd:x', value: null },
  ]);
});

test('an item is removed', async () => {
  await storage.setItem('a:x', 'text');
  await storage.removeItem('a:x');
  expect([await storage.hasItem('a:x'), await storage.getItem('a:x')]).toEqual([false, null]);
});

test('a storage is cleared, also when it is empty', async () => {
  await storage.setItem('a:x', 'text');
  for (let time = 0; time < 2; time++) {
    await storage.clear();
    expect(await storage.getKeys()).toEqual([]);
  }
});
