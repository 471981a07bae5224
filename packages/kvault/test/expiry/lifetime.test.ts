// When entries expire, what removes them, and what bad input gets.
import { KVault } from '@kohakuvault/kvault';
import { keyValueInspector } from '@kohakuvault/kvault/inspect';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../../tools/testing/src/thrown.ts';
import { database, expire, FUTURE, open, PAST, stored } from './support.ts';

const NEVER = Number.POSITIVE_INFINITY;

const HOUR = FUTURE.ttl;

/** The hours that are left of an entry. */
function left(kv: KVault, key = 'a'): number {
  return Math.round((kv.ttlOf(key) ?? Number.NaN) / HOUR);
}

test('ttl and expiresAt of every call that writes, and the default of a vault', async () => {
  const kv = open(tempFile(), { ttl: 60 * HOUR });
  const writes: Record<string, (options: object | undefined) => unknown> = {
    set: (options) => kv.set('a', 1, options),
    setMany: (options) => kv.setMany([['a', 1]], options),
    update: (options) => kv.update({ a: 1 }, options),
    setDefault: (options) => kv.delete('a') && kv.setDefault('a', 1, options),
    setIfAbsent: (options) => kv.delete('a') && kv.setIfAbsent('a', 1, options),
    compareAndSet: (options) => kv.compareAndSet('a', kv.getWithVersion('a').version, 2, options),
    increment: (options) => kv.delete('a') && kv.increment('a', 1, options),
    touch: (options) => kv.touch('a', options),
    putFile: (options) => kv.putFile('a', Buffer.from('bytes'), options),
    createWriteStream: (options) =>
      new Promise((done) => kv.createWriteStream('a', options).on('finish', done).end('bytes')),
  };
  for (const [name, write] of Object.entries(writes)) {
    kv.set('a', 0);
    await write(undefined);
    expect(left(kv), name).toBe(60);
    await write({ ttl: 30 * HOUR });
    expect(left(kv), name).toBe(30);
    await write({ expiresAt: new Date(Date.now() + 10 * HOUR) });
    expect(left(kv), name).toBe(10);
    await write({ expiresAt: Date.now() + 20 * HOUR + 0.5 });
    expect(left(kv), name).toBe(20);
    await write({ ttl: NEVER });
    expect(left(kv), name).toBe(NEVER);
    await write({});
    expect(left(kv), name).toBe(60);
  }
});

test('a long value in parts, and one that another thread would copy, expire too', async () => {
  const kv = open(tempFile());
  const rows = open(kv, { table: 'rows', maxBlobBytes: 100_000_000 });
  await rows.putFile('row', Buffer.alloc(9_000_000), FUTURE);
  const parts = open(kv, { table: 'parts', maxBlobBytes: 1_000_000 });
  await parts.putFile('parts', Buffer.alloc(20_000_000), FUTURE);
  expect([left(rows, 'row'), left(parts, 'parts')]).toEqual([1, 1]);
  await parts.putFile('parts', Buffer.alloc(20_000_000));
  expect(left(parts, 'parts')).toBe(NEVER);
  await rows.putFile('row', Buffer.alloc(9_000_000), { expiresAt: Date.now() - 1 });
  expect(rows.has('row')).toBe(false);
  await rows.putFile('row', Buffer.alloc(9_000_000));
  expect([rows.sizeOf('row'), left(rows, 'row')]).toEqual([9_000_000, NEVER]);
});

describe('removal', () => {
  test('a write removes some of the entries that have expired, and flushes do', () => {
    const file = tempFile();
    const kv = open(file);
    kv.setMany(
      Array.from({ length: 100 }, (_, at) => [`gone ${at}`, at]),
      FUTURE,
    );
    kv.transaction(() => kv.database.exec('UPDATE kohakuvault_expiry_kv SET expires_at = 1, due_at = 1'));
    expect([kv.size, stored(file).keys.length]).toEqual([0, 100]);
    kv.set('a', 1);
    const after = stored(file);
    expect(after.keys.length).toBeLessThan(101);
    expect(after.keys.length).toBeGreaterThan(50);
    for (let round = 0; round < 10; round++) kv.set('a', round);
    expect(stored(file)).toEqual({ keys: ['a'], times: {} });

    kv.set('gone', 1, FUTURE);
    expire(file, 'gone');
    kv.enableCache({ autoFlush: false });
    expect(kv.has('gone')).toBe(false);
    kv.set('b', 1);
    kv.flushCache();
    expect(stored(file).keys).toEqual(['a', 'b']);
  });

  test('purgeExpired removes all, pending or not, and says how many there were', () => {
    const file = tempFile();
    const kv = open(file);
    kv.setMany(
      Array.from({ length: 3_000 }, (_, at) => [`gone ${at}`, at]),
      FUTURE,
    );
    kv.set('a', 1);
    database(file).exec('UPDATE kohakuvault_expiry_kv SET expires_at = 1, due_at = 1');
    expect(kv.purgeExpired()).toBe(3_000);
    expect(kv.purgeExpired()).toBe(0);
    expect(stored(file)).toEqual({ keys: ['a'], times: {} });
    kv.enableCache({ autoFlush: false });
    kv.set('a', 2, PAST).set('b', 2, PAST).set('c', 3, FUTURE);
    expect(kv.purgeExpired()).toBe(2);
    expect([...kv.keys()]).toEqual(['c']);
    kv.flushCache();
    expect(stored(file).keys).toEqual(['c']);
  });

  test('the parts of a long value go with it', () => {
    const file = tempFile();
    const kv = open(file, { maxBlobBytes: 1_000 });
    kv.set('a', Buffer.alloc(5_000), FUTURE);
    expire(file, 'a');
    expect(kv.purgeExpired()).toBe(1);
    expect(database(file).prepare('SELECT count(*) FROM kohakuvault_parts_kv').pluck().get()).toBe(0);
  });

  test('is undone with the transaction around it', () => {
    const file = tempFile();
    const kv = open(file);
    kv.set('a', 1, FUTURE);
    const undone = new Error('undone');
    expect(() =>
      kv.transaction(() => {
        kv.set('a', 2, PAST).set('b', 1, PAST);
        // The writes have removed them beside themselves.
        expect([kv.size, kv.purgeExpired()]).toEqual([0, 0]);
        throw undone;
      }),
    ).toThrow(undone);
    expect([kv.get('a'), left(kv), kv.size]).toEqual([1, 1, 1]);
    expect(stored(file).keys).toEqual(['a']);
  });

  test('a trigger that keeps a row keeps it hidden', () => {
    const file = tempFile();
    const kv = open(file);
    kv.set('a', 1, FUTURE);
    expire(file, 'a');
    kv.database.exec('CREATE TRIGGER keep BEFORE DELETE ON kv BEGIN SELECT RAISE(IGNORE); END');
    kv.set('b', 1);
    expect(kv.purgeExpired()).toBe(0);
    expect([kv.get('a'), kv.size]).toEqual([undefined, 1]);
  });

  test('a removal that fails does not fail the write beside it', () => {
    const file = tempFile();
    const kv = open(file);
    kv.set('a', 1, FUTURE);
    expire(file, 'a');
    kv.database.exec("CREATE TRIGGER keep BEFORE DELETE ON kv BEGIN SELECT RAISE(ABORT, 'kept'); END");
    kv.set('b', 1);
    kv.cache(() => kv.set('c', 2));
    expect([...kv]).toEqual([
      ['b', 1],
      ['c', 2],
    ]);
    expect(codeOf(() => kv.purgeExpired())).toBe('KV_INVALID_ARGUMENT');
    expect(kv.get('a')).toBeUndefined();
  });
});

describe('what others write', () => {
  test('a row that plain SQL rewrites, replaces, moves or deletes', () => {
    const file = tempFile();
    const kv = open(file);
    const db = database(file);
    const keys = ['update', 'replace', 'upsert', 'delete', 'move', 'ignored'];
    for (const key of keys) kv.set(key, 'old', FUTURE);
    db.exec(`
      UPDATE kv SET value = x'01' WHERE key = CAST('update' AS BLOB);
      INSERT OR REPLACE INTO kv VALUES (CAST('replace' AS BLOB), x'02');
      INSERT INTO kv VALUES (CAST('upsert' AS BLOB), x'03') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
      DELETE FROM kv WHERE key = CAST('delete' AS BLOB);
      UPDATE kv SET key = CAST('moved' AS BLOB) WHERE key = CAST('move' AS BLOB);
      INSERT OR IGNORE INTO kv VALUES (CAST('ignored' AS BLOB), x'04');
    `);
    expect(Object.keys(stored(file).times)).toEqual(['ignored', 'moved']);
    expire(file, 'ignored', 'moved');
    expect([...kv.keys()]).toEqual(['replace', 'update', 'upsert']);
    db.exec("INSERT INTO kv VALUES (CAST('delete' AS BLOB), x'05')");
    expect(kv.get('delete')).toEqual(Buffer.of(5));
  });

  test('a vault that never used expiry sees that another begins to', () => {
    const file = tempFile();
    const plain = open(database(file));
    plain.set('a', 1).set('b', 2);
    expect(plain.size).toBe(2);
    open(file).set('a', 1, FUTURE);
    expire(file, 'a');
    expect([plain.get('a'), plain.size, plain.delete('a')]).toEqual([undefined, 1, false]);
  });

  test('the table may be renamed, dropped and made again', () => {
    const file = tempFile();
    const first = open(file, { table: 'kv' });
    first.set('a', 1, FUTURE).set('b', 1);
    const renamed = first.renameTable('other "table"');
    expect(left(renamed)).toBe(1);
    renamed.set('a', 2);
    expect(left(renamed)).toBe(NEVER);
    renamed.set('a', 3, FUTURE);
    renamed.database.exec('UPDATE "kohakuvault_expiry_other ""table""" SET expires_at = 1, due_at = 1');
    const again = renamed.renameTable('kv');
    expect(again.get('a')).toBeUndefined();
    again.dropTable();
    const fresh = open(file);
    fresh.set('a', 4);
    expect([fresh.get('a'), left(fresh)]).toEqual([4, NEVER]);
    expect(stored(file)).toEqual({ keys: ['a'], times: {} });
  });

  test('the rows of a table are put in order with their times', () => {
    const kv = open(tempFile());
    kv.set('b', 1, FUTURE).set('a', 2, FUTURE);
    expire(kv.path, 'a');
    kv.compact();
    expect([...kv]).toEqual([['b', 1]]);
    expect(left(kv, 'b')).toBe(1);
    kv.set('b', 2);
    expect(left(kv, 'b')).toBe(NEVER);
  });
});

test('times of pending entries follow transactions', () => {
  const file = tempFile();
  const kv = open(file);
  kv.enableCache({ autoFlush: false });
  kv.set('a', 1, FUTURE);
  const undone = new Error('undone');
  const undo = (work: () => void) =>
    expect(() =>
      kv.transaction(() => {
        work();
        throw undone;
      }),
    ).toThrow(undone);
  undo(() => kv.set('a', 2));
  expect([kv.get('a'), left(kv)]).toEqual([1, 1]);
  undo(() => kv.touch('a', { ttl: NEVER }));
  expect(left(kv)).toBe(1);
  undo(() => void kv.flushCache());
  expect([kv.cacheStats?.entries, left(kv)]).toEqual([1, 1]);
  undo(() => {
    kv.transaction(() => kv.set('a', 3, PAST));
    expect(kv.get('a')).toBeUndefined();
  });
  expect([kv.get('a'), left(kv)]).toEqual([1, 1]);
  undo(() => kv.clear());
  expect([kv.get('a'), left(kv)]).toEqual([1, 1]);
  kv.flushCache();
  expect(Object.keys(stored(file).times)).toEqual(['a']);
});

test('what is pending for one key alone is written with its time', () => {
  const file = tempFile();
  const kv = open(file);
  kv.enableCache({ autoFlush: false });
  kv.set('opened', Buffer.from('bytes'), FUTURE).set('renamed', Buffer.alloc(100_000), FUTURE);
  kv.openBlob('opened').close();
  kv.rename('renamed', 'long');
  const other = open(database(file));
  expect([left(other, 'opened'), left(kv, 'long'), other.get('renamed')]).toEqual([1, 1, undefined]);
});

test('bad input is refused, and changes nothing', async () => {
  const kv = open(tempFile());
  kv.set('a', 1, FUTURE);
  const refused: [() => unknown, RegExp][] = [
    [() => kv.set('a', 2, { ttl: 0 }), /set expects ttl to be a number of milliseconds above 0, or Infinity, got 0/],
    [() => kv.set('a', 2, { ttl: Number.NaN }), /got NaN/],
    [() => kv.set('a', 2, { ttl: '5s' as never }), /got "5s"/],
    [() => kv.set('a', 2, { expiresAt: new Date(Number.NaN) }), /expects expiresAt to be a valid Date/],
    [() => kv.set('a', 2, { expiresAt: 1e300 }), /expects expiresAt/],
    [() => kv.set('a', 2, { ttl: 1, expiresAt: 2 }), /set got ttl 1 and expiresAt 2; give one of them/],
    [() => kv.set('a', 2, { tll: 1 } as never), /set has no option tll; did you mean ttl\?/],
    [() => kv.set('a', 2, 5 as never), /set expects options to be an object, got 5/],
    [() => kv.setMany([['a', 2]], { ttl: -1 }), /setMany expects ttl/],
    [() => kv.touch('a'), /touch expects ttl or expiresAt/],
    [() => new KVault(kv, { ttl: 0 }), /KVault expects ttl/],
  ];
  for (const [call, message] of refused) expect(thrownBy(call).message).toMatch(message);
  await expect(kv.putFile('a', Buffer.of(1), { ttl: 0 })).rejects.toThrow(/putFile expects ttl/);
  expect([kv.get('a'), left(kv)]).toEqual([1, 1]);
});

test('a readonly vault hides what has expired, and removes nothing', () => {
  const file = tempFile();
  open(file).set('a', 1, FUTURE).set('b', 2, FUTURE);
  expire(file, 'a');
  const readonly = open(file, { readonly: true });
  expect([...readonly.keys()]).toEqual(['b']);
  for (const call of [() => readonly.purgeExpired(), () => readonly.touch('b', FUTURE)]) {
    expect(codeOf(call)).toBe('KV_READONLY');
  }
});

test('a file with entries that have expired is sound', async () => {
  const file = tempFile();
  const kv = open(file, { maxBlobBytes: 1_000, maxEntries: 10 });
  kv.set('long', Buffer.alloc(5_000), FUTURE).set('row', 1, FUTURE).set('kept', 2);
  expire(file, 'long', 'row');
  expect(keyValueInspector.list(kv.database)).toMatchObject([{ table: 'kv' }]);
  for await (const found of keyValueInspector.verify(kv)) expect(found).toMatchObject({ isSound: true, problems: [] });
});

test('a file of strangers may have entries that expire', () => {
  const file = tempFile();
  open(file).set('a', 1, FUTURE).set('b', 2, FUTURE);
  expire(file, 'a');
  const untrusted = open(file, { untrusted: true });
  expect([...untrusted.keys()]).toEqual(['b']);
});
