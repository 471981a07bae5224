// An entry that has expired is gone for every read, in all places and for all readers.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../../tools/testing/src/thrown.ts';
import { database, expire, FUTURE, open, PAST, shown, stored } from './support.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const bytes = (key: string) => Buffer.from(key.repeat(100));

/** Fills a vault in which `b` and `d` have expired, if that is asked for. Returns it. */
function filled(vault: KVault, options?: { expired: boolean }): KVault {
  fill(vault, FUTURE);
  if (options?.expired) expire(vault.path, 'b', 'd');
  return vault;
}

function fill(vault: KVault, gone: object): void {
  vault.set('a', bytes('a'));
  vault.set('b', bytes('b'), gone);
  vault.setMany([['c', bytes('c')]], FUTURE);
  vault.setMany([['d', bytes('d')]], gone);
  vault.set('e', bytes('e'), { expiresAt: new Date(Date.now() + 1e6) });
}

/** What a vault shows in which `b` and `d` never were. */
function expected(): unknown {
  using model = new KVault(':memory:');
  for (const key of ['a', 'c', 'e']) model.set(key, bytes(key));
  return shown(model, KEYS);
}

const VAULTS: Record<string, KVaultOptions> = {
  'values in rows': {},
  'values in parts': { maxBlobBytes: 64 },
  'without WAL': { enableWal: false },
};
/** The options for a Database of the user. */
const beside = ({ maxBlobBytes }: KVaultOptions): KVaultOptions => ({ maxBlobBytes });

describe.each(Object.entries(VAULTS))('%s', (_, options) => {
  test('of a vault that wrote it, of others, and of another connection', () => {
    const file = tempFile();
    const kv = filled(open(file, options), { expired: true });
    expect(stored(file).keys).toEqual(KEYS);
    const readers = {
      itself: kv,
      another: open(kv, options),
      user: open(database(file), beside(options)),
      readonly: open(file, { ...options, readonly: true }),
    };
    for (const [name, vault] of Object.entries(readers)) expect(shown(vault, KEYS), name).toEqual(expected());
  });

  test('as soon as its time comes, also for vaults that have read it', () => {
    const file = tempFile();
    const kv = filled(open(file, options));
    const user = open(database(file), beside(options));
    for (const vault of [kv, user]) expect(vault.size).toBe(5);
    expire(file, 'b', 'd');
    for (const vault of [kv, user]) expect(shown(vault, KEYS)).toEqual(expected());
  });

  test('in a transaction, in a snapshot and in a transaction of the user', () => {
    const file = tempFile();
    const db = database(file);
    const kv = filled(open(db, beside(options)), { expired: true });
    const model = expected();
    expect(kv.snapshot(() => shown(kv, KEYS))).toEqual(model);
    expect(kv.transaction(() => shown(kv, KEYS))).toEqual(model);
    db.exec('BEGIN');
    expect(shown(kv, KEYS)).toEqual(model);
    db.exec('ROLLBACK');
  });

  test('while it is pending', () => {
    const file = tempFile();
    const kv = open(file, options);
    // What the file has is hidden by what is pending, expired or not.
    for (const key of KEYS) kv.set(key, 'old', key === 'a' ? PAST : {});
    kv.enableCache({ autoFlush: false });
    fill(kv, PAST);
    expect(kv.cacheStats?.entries).toBe(5);
    expect(shown(kv, KEYS)).not.toHaveProperty('all.1', ['b', expect.anything()]);
    const { blob, ...pending } = shown(kv, KEYS) as Record<string, unknown>;
    // openBlob has written what was pending.
    expect({ blob, ...pending }).toEqual(expected());
    kv.flushCache();
    expect(shown(kv, KEYS)).toEqual(expected());
    expect(shown(open(database(file), beside(options)), KEYS)).toEqual(expected());
  });
});

test('an expired entry is gone for what deletes, moves and replaces', () => {
  const file = tempFile();
  const kv = open(file);
  const renew = () => filled(kv, { expired: true });
  renew();
  expect(kv.delete('b')).toBe(false);
  expect(kv.delete('c')).toBe(true);
  renew();
  expect(kv.deleteMany(KEYS)).toBe(3);
  renew();
  expect(kv.deleteRange({ gte: 'b' })).toBe(2);
  renew();
  expect(kv.deleteRange({ limit: 2 })).toBe(2);
  renew();
  expect(kv.pop('d', 'none')).toBe('none');
  expect(codeOf(() => kv.rename('b', 'f'))).toBe('KV_NOT_FOUND');
  kv.rename('a', 'b');
  expect(kv.get('b')).toEqual(bytes('a'));
  expect(kv.ttlOf('b')).toBe(Number.POSITIVE_INFINITY);
  renew();
  expect(kv.setDefault('b', 'new')).toBe('new');
  expect(kv.get('b')).toBe('new');
  expect(kv.touch('d', FUTURE)).toBe(false);
  expect(kv.ttlOf('d')).toBeUndefined();
});

test('a write in place of an entry drops its time, and a rename takes it along', () => {
  const kv = open(tempFile());
  kv.set('a', 1, FUTURE).set('b', 2, FUTURE);
  kv.set('a', 1);
  expect(kv.ttlOf('a')).toBe(Number.POSITIVE_INFINITY);
  kv.rename('b', 'a');
  expect(kv.ttlOf('a')).toBeLessThanOrEqual(FUTURE.ttl);
  expect(kv.ttlOf('b')).toBeUndefined();
  kv.enableCache({ autoFlush: false });
  kv.rename('a', 'c');
  expect(kv.ttlOf('c')).toBeLessThanOrEqual(FUTURE.ttl);
  kv.set('c', 1);
  expect(kv.ttlOf('c')).toBe(Number.POSITIVE_INFINITY);
  kv.flushCache();
  expect([kv.ttlOf('a'), kv.ttlOf('c')]).toEqual([undefined, Number.POSITIVE_INFINITY]);
});

test('a loop does not see what expires before it is reached', () => {
  const file = tempFile();
  const kv = open(file);
  const soon = Date.now() + 30;
  kv.set('a', 1).set('b', 2, { expiresAt: soon }).set('c', 3);
  const seen: string[] = [];
  for (const key of kv.keys()) {
    seen.push(key);
    while (Date.now() < soon);
  }
  expect(seen).toEqual(['a', 'c']);
});

test('a long scan leaves out the many entries that have expired, in both directions', () => {
  const kv = open(tempFile());
  const keys = Array.from({ length: 5_000 }, (_, at) => `key ${String(at).padStart(4, '0')}`);
  kv.enableCache({ autoFlush: false });
  kv.setMany(keys.map((key) => [key, 1]));
  const gone = keys.filter((_, at) => at % 7 !== 0);
  kv.setMany(
    gone.map((key) => [key, 2]),
    PAST,
  );
  const left = keys.filter((_, at) => at % 7 === 0);
  expect([...kv.keys()]).toEqual(left);
  expect([...kv.keys({ reverse: true })]).toEqual(left.toReversed());
  expect([...kv.keys({ gte: 'key 1', lt: 'key 2', limit: 50 })]).toEqual(
    left.filter((key) => key >= 'key 1').slice(0, 50),
  );
  expect([kv.size, kv.count('key 1')]).toEqual([left.length, left.filter((key) => key.startsWith('key 1')).length]);
});

test('a handle on a value that has expired is stale, and a stream that was open goes on', async () => {
  const file = tempFile();
  const kv = open(file);
  const value = Buffer.alloc(3_000_000, 'v');
  kv.set('a', value, FUTURE);
  using blob = kv.openBlob('a');
  const stream = kv.createReadStream('a');
  await nextTurn();
  expire(file, 'a');
  for (const use of [() => blob.size, () => blob.read(0, 1)]) expect(codeOf(use)).toBe('KV_STALE');
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(value)).toBe(true);
});
