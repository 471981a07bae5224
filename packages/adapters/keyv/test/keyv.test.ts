import { createKeyv, KeyvVault } from '@kohakuvault/keyv';
import { KVault } from '@kohakuvault/kvault';
import { Keyv } from 'keyv';
import { expect, test, vi } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

test('Keyv uses the store itself, and writes its JSON', async () => {
  const store = new KeyvVault(tempFile());
  const keyv = new Keyv({ store });
  expect(keyv.store).toBe(store);
  await keyv.set('a', { n: 1 });
  expect(await keyv.get('a')).toEqual({ n: 1 });
  expect(JSON.parse(store.vault.get('a'))).toEqual({ value: { n: 1 } });
  await keyv.disconnect();
  expect(store.vault.open).toBe(false);
});

test('createKeyv keeps the types of values', async () => {
  const keyv = createKeyv(tempFile(), { namespace: 'typed' });
  const value = { at: new Date(5), tags: new Set(['x']), big: 2n ** 60n, bytes: Buffer.from('b') };
  await keyv.set('a', value);
  expect(await keyv.get('a')).toEqual(value);
  await keyv.disconnect();
});

test('namespaces of one file do not see each other', async () => {
  const file = tempFile();
  const one = new Keyv({ store: new KeyvVault(file), namespace: 'one' });
  const two = new Keyv({ store: new KeyvVault(file), namespace: 'two' });
  await one.setMany([
    { key: 'a', value: 1 },
    { key: 'b', value: 1 },
  ]);
  await two.set('a', 2);
  expect([await one.get('a'), await two.get('a'), await two.has('b')]).toEqual([1, 2, false]);
  const seen: unknown[] = [];
  for await (const entry of one.iterator()) seen.push(entry);
  expect(seen).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
  await one.clear();
  expect([await one.get('a'), await two.get('a')]).toEqual([undefined, 2]);
  await one.disconnect();
  await two.disconnect();
});

test('many keys are read, looked for and deleted together', async () => {
  const keyv = new Keyv({ store: new KeyvVault(tempFile()) });
  expect(await keyv.setMany([1, 2, 3].map((n) => ({ key: `k${n}`, value: n })))).toEqual([true, true, true]);
  expect(await keyv.getMany(['k3', 'none', 'k1'])).toEqual([3, undefined, 1]);
  expect(await keyv.hasMany(['k3', 'none'])).toEqual([true, false]);
  expect(await keyv.deleteMany(['k3', 'none'])).toEqual([true, false]);
  expect(await keyv.hasMany(['k1', 'k2', 'k3'])).toEqual([true, true, false]);
  await keyv.disconnect();
});

test('a value that expires is gone for Keyv, and then from the file', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const store = new KeyvVault(tempFile());
    const keyv = new Keyv({ store });
    await keyv.set('short', 1, 1_000);
    await keyv.setMany([
      { key: 'long', value: 2, ttl: 60_000 },
      { key: 'forever', value: 3 },
    ]);
    expect(await keyv.getMany(['short', 'long', 'forever'])).toEqual([1, 2, 3]);
    vi.setSystemTime(Date.now() + 2_000);
    expect(await keyv.getMany(['short', 'long', 'forever'])).toEqual([undefined, 2, 3]);
    expect([await store.has('short'), await store.has('long')]).toEqual([false, true]);
    const keys: unknown[] = [];
    for await (const [key] of store.iterator()) keys.push(key);
    expect(keys).toEqual(['forever', 'long']);
    store.vault.purgeExpired();
    const rows = store.vault.database.prepare('SELECT count(*) FROM keyv').pluck().get();
    expect(rows).toBe(2);
    await keyv.disconnect();
  } finally {
    vi.useRealTimers();
  }
});

test('a value that has already expired is not there', async () => {
  const store = new KeyvVault(tempFile());
  await store.set('a', 'old');
  await store.set('a', 'expired', Date.now() - 1);
  expect(await store.get('a')).toBeUndefined();
  await store.disconnect();
});

test('the store of Keyv 6 refuses what Keyv 5 passes', async () => {
  const store = new KeyvVault(tempFile());
  await expect(store.set('a', 1, 60_000)).rejects.toMatchObject({
    code: 'KV_INVALID_ARGUMENT',
    message: expect.stringContaining('@kohakuvault/keyv/v5'),
  });
  expect(await store.has('a')).toBe(false);
  await store.disconnect();
});

test('many entries are stored together, or not at all', async () => {
  const store = new KeyvVault(tempFile());
  await store.set('b', 'old');
  const expires = Date.now() + 60_000;
  for (const last of [undefined, expires + 1]) {
    const entries = [
      { key: 'a', value: 1, expires },
      { key: 'b', value: 2, expires },
      { key: 'c', value: () => 3, ...(last !== undefined && { expires: last }) },
    ];
    await expect(store.setMany<unknown>(entries)).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([undefined, 'old', undefined]);
  }
  await store.disconnect();
});

test('it shares a file with other vaults', async () => {
  using kv = new KVault(tempFile());
  const keyv = new Keyv({ store: new KeyvVault(kv) });
  await keyv.set('a', 1);
  kv.set('a', 'other');
  expect(await keyv.get('a')).toBe(1);
  await keyv.disconnect();
  expect(kv.get('a')).toBe('other');
});

test('errors of the vault reach Keyv', async () => {
  const store = new KeyvVault(tempFile());
  const keyv = new Keyv({ store, serialization: false });
  const errors: unknown[] = [];
  keyv.on('error', (error) => errors.push(error));
  expect(await keyv.set('a', () => 1)).toBe(false);
  expect(errors).toEqual([expect.objectContaining({ code: 'KV_INVALID_ARGUMENT' })]);
  await keyv.disconnect();
});

test.each(['without', 'with', 'with limits and without'])(
  'many entries have their own times, %s a cache',
  async (which) => {
    const store = new KeyvVault(tempFile(), { vault: which.includes('limits') ? { maxEntries: 100 } : {} });
    if (which === 'with') store.vault.enableCache();
    const now = Date.now();
    await store.set('before', 1, now + 60_000);
    // The last entry of a key counts.
    await store.setMany([
      { key: 'twice', value: 1, expires: now + 60_000 },
      { key: 'short', value: 2, expires: now + 50_000 },
      { key: 'twice', value: 3 },
      { key: 'long', value: 4, expires: now + 70_000 },
      { key: 'over', value: 5, expires: now - 1 },
      { key: 'before', value: 6 },
      { key: 'later', value: 7 },
      { key: 'later', value: 8, expires: now + 80_000 },
    ]);
    const keys = ['twice', 'short', 'long', 'over', 'before', 'later'];
    expect(await store.getMany(keys)).toEqual([3, 2, 4, undefined, 6, 8]);
    store.vault.flushCache();
    const left = keys.map((key) => store.vault.ttlOf(key));
    const expected = [Infinity, 50_000, 70_000, undefined, Infinity, 80_000];
    for (const [nth, time] of left.entries()) {
      const most = expected[nth];
      if (most === undefined || most === Infinity) expect(time).toBe(most);
      else expect([(time as number) <= most, (time as number) > most - 40_000]).toEqual([true, true]);
    }
    await store.disconnect();
  },
);
