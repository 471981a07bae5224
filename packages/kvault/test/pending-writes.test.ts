// What is pending in a cache: which transactions it follows, and when it is in the file.
import { UNDOINGS } from '@kohakuvault/contract';
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { heldFiles } from '../../../tools/testing/src/held-file.ts';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

/** Returns what another connection finds in the file. */
function stored(file: string, options?: KVaultOptions): Record<string, unknown> {
  const database = new Database(file, { readonly: true });
  const seen = Object.fromEntries(new KVault(database, options).entries());
  database.close();
  return seen;
}

/** Opens a vault on a Database of the user's. */
function theirs(options?: KVaultOptions) {
  const file = tempFile();
  const db = new Database(file, { timeout: 0 });
  onTestFinished(() => void db.close());
  return { file, db, kv: new KVault(db, options) };
}
type Theirs = ReturnType<typeof theirs>;

/** Some of the ways to undo work: those in which the levels of transactions differ. */
const WAYS = [
  'db.transaction',
  'BEGIN and ROLLBACK',
  'BEGIN IMMEDIATE and ROLLBACK',
  'ROLLBACK TO in BEGIN',
  'ROLLBACK TO',
  'ROLLBACK TO in transaction()',
  'ROLLBACK after RELEASE',
] as const;

function undo(way: (typeof WAYS)[number], { db, kv }: Theirs, work: () => void): void {
  UNDOINGS[way]({ vault: kv, database: db }, work);
}

/** Everything that writes what is pending, or writes beside it, and that the contract of vaults does not try. */
const WORK: Record<string, (open: Theirs) => unknown> = {
  'set of a key that is pending': ({ kv }) => kv.set('before', 2),
  pop: ({ kv }) => kv.pop('before'),
  'pop of a missing key': ({ kv }) => kv.pop('missing'),
  deleteMany: ({ kv }) => kv.deleteMany(['before', 'old']),
  'deleteMany of missing keys': ({ kv }) => kv.deleteMany(['missing', 'neither']),
  'setDefault of a key that is pending': ({ kv }) => kv.setDefault('before', 9),
  clear: ({ kv }) => kv.clear(),
  openBlob: ({ kv }) => kv.openBlob('bytes').close(),
  'openBlob, written to': ({ kv }) => {
    using blob = kv.openBlob('bytes', { writable: true });
    blob.write(0, Buffer.from('BY'));
  },
  'a raw DELETE beside it': ({ db, kv }) => {
    db.exec('DELETE FROM kv');
    kv.set('in', 1);
  },
};

const BEFORE = { before: 1, bytes: Buffer.from('bytes'), old: 0 };

describe.each(WAYS)('%s', (way) => {
  test.each(Object.entries(WORK))('undoes %s, and nothing that was pending before', (_, work) => {
    const open = theirs();
    const { file, kv } = open;
    kv.set('old', 0);
    kv.enableCache();
    kv.set('before', 1).set('bytes', Buffer.from('bytes'));
    undo(way, open, () => work(open));
    expect(kv.getMany(['before', 'old', 'in'])).toEqual([1, 0, undefined]);
    expect(Object.fromEntries(kv)).toEqual(BEFORE);
    expect([kv.size, kv.get('in'), kv.has('in')]).toEqual([3, undefined, false]);
    kv.disableCache();
    expect(Object.fromEntries(kv)).toEqual(BEFORE);
    expect(stored(file)).toEqual(BEFORE);
    kv.set('after', 5);
    expect(stored(file)).toEqual({ ...BEFORE, after: 5 });
  });
});

test.each(['db.transaction', 'BEGIN and ROLLBACK', 'ROLLBACK TO in BEGIN'] as const)(
  'putFile is refused inside %s, and what was pending before is kept',
  (way) => {
    const open = theirs();
    const { file, kv } = open;
    kv.enableCache();
    kv.set('before', 1).set('bytes', Buffer.from('bytes'));
    undo(way, open, () => {
      expect(thrownBy(() => kv.putFile('bytes', Buffer.from('put'))).code).toBe('KV_INVALID_ARGUMENT');
    });
    const before = { before: 1, bytes: Buffer.from('bytes') };
    expect(Object.fromEntries(kv)).toEqual(before);
    kv.flushCache();
    expect(stored(file)).toEqual(before);
  },
);

test('what is pending is in the file though the connection is closed inside a BEGIN', () => {
  for (const close of ['vault', 'database'] as const) {
    const file = tempFile();
    const kv = new KVault(file);
    kv.enableCache();
    kv.set('before', 1);
    const { database } = kv;
    database.exec('BEGIN');
    kv.setMany([['in', 2]]);
    if (close === 'vault') kv.close();
    else database.close();
    expect(stored(file)).toEqual({ before: 1 });
  }
});

const HELD = heldFiles((file, options) => new KVault(file, { pageSize: 4096, ...options }));

/** A value that no page has room for. */
const long = (text: string) => Buffer.alloc(20_000, text);

describe.each(Object.entries(HELD))('%s', (_, make) => {
  test('a write without a cache is in the file when it returns, behind what could not be flushed', () => {
    const { file, vault: kv, hold, free, code } = make();
    kv.set('present', 0);
    hold();
    expect(thrownBy(() => kv.cache(() => kv.set('pending', long('p')).set('x', 1))).code).toBe(code);
    expect(kv.cacheStats).toBeUndefined();
    // If it cannot be in the file, it throws and changes nothing.
    expect(thrownBy(() => kv.set('x', long('x'))).code).toBe(code);
    expect(thrownBy(() => kv.delete('present')).code).toBe(code);
    expect(thrownBy(() => kv.setMany([['y', long('y')]])).code).toBe(code);
    expect([kv.get('x'), kv.get('present'), kv.has('y'), kv.size]).toEqual([1, 0, false, 3]);
    expect(stored(file)).toEqual({ present: 0 });
    free();
    for (let n = 0; n < 1_000; n++) kv.set(`key ${n}`, n);
    const found = stored(file);
    expect([found.pending, found.x, Object.keys(found).length]).toEqual([long('p'), 1, 1_003]);
    kv.set('x', 2);
    expect(stored(file).x).toBe(2);
  });

  test.each(['delete', 'setMany', 'clear', 'pop', 'setDefault', 'putFile', 'openBlob', 'close'])(
    'the same holds for %s',
    async (method) => {
      const { file, vault: kv, hold, free } = make();
      kv.set('present', 0);
      hold();
      expect(() => kv.cache(() => kv.set('pending', long('p')).set('bytes', Buffer.from('b')))).toThrow();
      free();
      const all = { present: 0, pending: long('p'), bytes: Buffer.from('b') };
      switch (method) {
        case 'delete':
          expect(kv.delete('present')).toBe(true);
          expect(stored(file)).toEqual({ pending: long('p'), bytes: Buffer.from('b') });
          break;
        case 'setMany':
          kv.setMany([['bytes', 1]]);
          expect(stored(file)).toEqual({ ...all, bytes: 1 });
          break;
        case 'clear':
          kv.clear();
          expect([stored(file), kv.size]).toEqual([{}, 0]);
          kv.set('after', 1);
          expect(stored(file)).toEqual({ after: 1 });
          break;
        case 'pop':
          expect(kv.pop('bytes')).toEqual(Buffer.from('b'));
          expect(stored(file)).toEqual({ present: 0, pending: long('p') });
          break;
        case 'setDefault':
          expect(kv.setDefault('new', 1)).toBe(1);
          expect(stored(file)).toEqual({ ...all, new: 1 });
          break;
        case 'putFile':
          await kv.putFile('bytes', Buffer.from('put'));
          expect(stored(file)).toEqual({ ...all, bytes: Buffer.from('put') });
          break;
        case 'openBlob': {
          using blob = kv.openBlob('bytes', { writable: true });
          blob.write(0, Buffer.from('B'));
          expect(stored(file).bytes).toEqual(Buffer.from('B'));
          break;
        }
        default:
          kv.close();
          expect(stored(file)).toEqual(all);
      }
    },
  );

  test.each([
    'set',
    'delete',
    'setMany',
    'update',
    'pop',
    'setDefault',
    'deleteMany',
    'flushCache',
    'disableCache',
    'enableCache',
  ])('%s of a cache that has to be flushed and cannot be changes nothing', (method) => {
    const { file, vault: kv, hold, free, code } = make();
    kv.set('present', 0).set('other', 0);
    // The next byte makes a flush due.
    kv.enableCache({ capBytes: 100_000, flushThreshold: 20_003 });
    kv.set('a', long('a'));
    hold();
    const before = Object.fromEntries(kv);
    const stats = kv.cacheStats;
    const calls: Record<string, () => unknown> = {
      set: () => kv.set('b', long('b')),
      delete: () => kv.delete('other'),
      setMany: () =>
        kv.setMany([
          ['b', 1],
          ['a', 2],
          ['c', long('c')],
        ]),
      update: () => kv.update({ b: 1, c: long('c') }),
      pop: () => kv.pop('other'),
      setDefault: () => kv.setDefault('b', long('b')),
      deleteMany: () => kv.deleteMany(['other', 'a', 'present']),
      flushCache: () => kv.flushCache(),
      disableCache: () => kv.disableCache(),
      enableCache: () => kv.enableCache({ capBytes: 1_000 }),
    };
    expect(thrownBy(calls[method] as () => unknown).code).toBe(code);
    expect(Object.fromEntries(kv)).toEqual(before);
    expect(kv.cacheStats).toEqual(stats);
    expect(stored(file)).toEqual({ present: 0, other: 0 });
    free();
    kv.set('b', 5);
    kv.disableCache();
    expect(stored(file)).toEqual({ ...before, b: 5 });
  });
});

test('if a cache ends inside a transaction of the user, its writes are in the file after the next write', () => {
  for (const end of ['COMMIT', 'ROLLBACK']) {
    const { file, db, kv } = theirs();
    kv.enableCache();
    kv.set('before', 1);
    db.exec('BEGIN');
    kv.disableCache();
    kv.cache(() => kv.set('in', 2));
    db.exec(end);
    kv.set('after', 3);
    expect(stored(file)).toEqual({ before: 1, ...(end === 'COMMIT' && { in: 2 }), after: 3 });
  }
});

test('two vaults on one connection and table share the pending writes', () => {
  for (const second of [
    (first: KVault) => new KVault(first),
    (first: KVault) => new KVault(first.database, { table: 'KV' }),
  ]) {
    const file = tempFile();
    using one = new KVault(file);
    using two = second(one);
    one.enableCache();
    one.set('a', 'old').set('b', 'old').set('c', 'old');
    expect([two.get('a'), two.size, [...two.keys()]]).toEqual(['old', 3, ['a', 'b', 'c']]);
    // What was pending before does not overwrite a newer direct write.
    two.set('a', 'new');
    expect(two.delete('b')).toBe(true);
    expect([one.get('a'), one.get('b')]).toEqual(['new', undefined]);
    one.flushCache();
    expect(stored(file)).toEqual({ a: 'new', c: 'old' });
    one.set('d', 1);
    two.enableCache();
    two.set('d', 2).set('e', 2);
    expect(one.get('d')).toBe(2);
    two.clear();
    expect([one.size, [...one.entries()]]).toEqual([0, []]);
    one.flushCache();
    one.disableCache();
    two.disableCache();
    expect(stored(file)).toEqual({});
  }
});

test('a vault that closes leaves nothing pending for the other one', () => {
  const file = tempFile();
  using one = new KVault(file);
  const two = new KVault(one);
  two.enableCache();
  two.set('a', 1);
  one.set('a', 2);
  two.close();
  expect([one.get('a'), stored(file)]).toEqual([2, { a: 2 }]);
});

test('the undo records of our savepoint are freed when the user releases it', () => {
  using kv = new KVault(tempFile());
  const { database } = kv;
  kv.enableCache({ autoFlush: false });
  const value = Buffer.alloc(2_000);
  database.exec('BEGIN; SAVEPOINT theirs');
  expect(() => kv.transaction(() => database.exec('RELEASE theirs'))).toThrow('ended inside its body');
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 60_000; round++) kv.set('key', value);
  database.exec('COMMIT');
  for (let round = 0; round < 60_000; round++) kv.set('key', value);
  // If they were kept for each savepoint, they would take 117 MB, twice.
  expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024);
  expect(kv.get('key')).toEqual(value);
});

test('pending writes follow the remaining levels after the user has released a savepoint of ours', () => {
  const { file, db, kv } = theirs();
  kv.enableCache();
  kv.set('before', 1);
  db.exec('BEGIN; SAVEPOINT theirs');
  expect(() =>
    kv.transaction(() => {
      kv.set('before', 2);
      db.exec('RELEASE theirs');
    }),
  ).toThrow('ended inside its body');
  kv.set('in', 2);
  db.exec('ROLLBACK');
  expect(Object.fromEntries(kv)).toEqual({ before: 1 });
  kv.transaction(() => kv.set('after', 3));
  expect(stored(file)).toEqual({ before: 1, after: 3 });
});
