// A vault that keeps at most so many entries, or bytes: those that were used last.
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Random } from '../../../../tools/testing/src/random.ts';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../../tools/testing/src/thrown.ts';

function open(source: string | KVault | Database.Database = tempFile(), options?: KVaultOptions): KVault {
  const vault = new KVault(source, options);
  onTestFinished(() => vault.close());
  return vault;
}

const keysOf = (kv: KVault) => [...kv.keys()].join('');
const bytes = (length: number) => Buffer.alloc(length);

/** What the file knows of its entries, and what it should know. */
function sums(file: string): { known: unknown; real: unknown } {
  const other = new Database(file, { readonly: true });
  const one = (sql: string) => other.prepare(sql).get();
  const known = one('SELECT bytes, used AS entries FROM kohakuvault_usage_kv WHERE key = 0');
  const hasParts = one("SELECT 1 FROM sqlite_schema WHERE name = 'kohakuvault_parts_kv'") !== undefined;
  const parts = hasParts ? '(SELECT coalesce(sum(length(data)), 0) FROM kohakuvault_parts_kv)' : '0';
  const real = one(
    `SELECT coalesce(sum(length(key) + length(value)), 0) + ${parts} AS bytes, count(*) AS entries FROM kv`,
  );
  const listed = one('SELECT sum(bytes) AS bytes, count(*) AS entries FROM kohakuvault_usage_kv WHERE key IS NOT 0');
  expect(
    other.prepare('SELECT key FROM kohakuvault_usage_kv WHERE key IS NOT 0 EXCEPT SELECT key FROM kv').all(),
  ).toEqual([]);
  if ((real as { entries: number }).entries > 0) expect(listed).toEqual(known);
  other.close();
  return { known, real };
}

describe('maxEntries', () => {
  test('keeps what was written or read last', async () => {
    const kv = open(tempFile(), { maxEntries: 3 });
    for (const key of 'abc') kv.set(key, Buffer.from(key));
    kv.get('a');
    // What is not there is not used.
    for (let missing = 0; missing < 2_000; missing++) kv.get(`missing ${missing}`);
    kv.getMany(Array.from({ length: 2_000 }, (_, at) => `missing ${at}`));
    kv.set('d', 1);
    expect(keysOf(kv)).toBe('acd');
    kv.getMany(['c']);
    kv.createReadStream('a').destroy();
    kv.set('e', 1);
    expect(keysOf(kv)).toBe('ace');
    kv.openBlob('c').close();
    kv.set('a', 2);
    kv.set('f', 1);
    expect(keysOf(kv)).toBe('acf');
    kv.setMany(Array.from('ghij', (key) => [key, 1]));
    expect(keysOf(kv)).toBe('hij');
    await kv.putFile('k', Buffer.from('bytes'));
    expect(keysOf(kv)).toBe('ijk');
    expect([kv.setIfAbsent('l', 1), kv.increment('m'), kv.compareAndSet('n', undefined, 1)]).toEqual([true, 1, true]);
    expect(keysOf(kv)).toBe('lmn');
  });

  test('counts what is pending when it is flushed', () => {
    const kv = open(tempFile(), { maxEntries: 2 });
    kv.set('a', 1).set('b', 1);
    kv.enableCache({ autoFlush: false });
    for (const key of 'cdef') kv.set(key, 1);
    expect(keysOf(kv)).toBe('abcdef');
    kv.flushCache();
    expect(kv.size).toBe(2);
    expect(keysOf(kv)).toMatch(/^[c-f]{2}$/);
  });

  test('what has expired goes first', () => {
    const file = tempFile();
    const kv = open(file, { maxEntries: 3 });
    kv.set('a', 1).set('b', 1).set('c', 1, { ttl: 3_600_000 });
    const other = new Database(file);
    other.exec('UPDATE kohakuvault_expiry_kv SET expires_at = 1, due_at = 1');
    other.close();
    kv.set('d', 1);
    expect(keysOf(kv)).toBe('abd');
  });
});

describe('maxBytes', () => {
  test('counts keys and values, in rows and in parts, however they are written', async () => {
    const file = tempFile();
    const kv = open(file, { maxBytes: 100_000, maxBlobBytes: 10_000 });
    kv.set('a', bytes(40_000)).set('b', bytes(40_000));
    kv.set('c', bytes(5_000));
    expect(keysOf(kv)).toBe('abc');
    await kv.putFile('d', bytes(50_000));
    expect(keysOf(kv)).toBe('bcd');
    expect(sums(file)).toEqual({ known: { bytes: 95_003, entries: 3 }, real: { bytes: 95_003 + 2 * 38, entries: 3 } });
    kv.cache(() => kv.set('e', bytes(60_000)));
    expect(keysOf(kv)).toBe('e');
    await new Promise((done) => kv.createWriteStream('f').on('finish', done).end(bytes(99_999)));
    expect(keysOf(kv)).toBe('f');
  });

  test('an entry that is longer than all of them is refused, and changes nothing', async () => {
    const kv = open(tempFile(), { maxBytes: 1_000 });
    kv.set('a', bytes(500));
    const long = bytes(1_000);
    const message = /an entry of 1001 bytes does not fit kv, whose maxBytes is 1000; raise maxBytes/;
    expect(thrownBy(() => kv.set('b', long)).message).toMatch(message);
    expect(thrownBy(() => kv.cache(() => kv.set('b', long))).message).toMatch(message);
    expect(
      thrownBy(() =>
        kv.setMany([
          ['c', 1],
          ['b', long],
        ]),
      ).message,
    ).toMatch(message);
    expect(thrownBy(() => kv.setIfAbsent('b', long)).message).toMatch(message);
    await expect(kv.putFile('b', long)).rejects.toThrow(message);
    expect(keysOf(kv)).toBe('a');
  });
});

test('a table that has entries gets within the limits with the next write', () => {
  const file = tempFile();
  {
    using kv = new KVault(file, { maxBlobBytes: 1_000 });
    kv.setMany(Array.from('abcdefgh', (key) => [key, bytes(key === 'h' ? 5_000 : 10)]));
  }
  const kv = open(file, { maxEntries: 3 });
  expect(sums(file).known).toEqual({ bytes: 70 + 8 + 5_000 + 38, entries: 8 });
  expect(kv.size).toBe(8);
  kv.set('i', 1);
  expect(keysOf(kv)).toBe('ghi');
});

test('limits hold for all vaults of the connection, and end with the last', () => {
  const file = tempFile();
  const plain = open(file);
  {
    using limited = new KVault(plain, { maxEntries: 2 });
    for (const key of 'abc') plain.set(key, 1);
    expect(keysOf(limited)).toBe('bc');
    using lower = new KVault(plain, { maxEntries: 1 });
    lower.set('d', 1);
    expect(keysOf(plain)).toBe('d');
  }
  plain.close();
  const again = open(file);
  for (const key of 'abc') again.set(key, 1);
  expect(keysOf(again)).toBe('abcd');
  expect(sums(file).known).toMatchObject({ entries: 4 });
});

test('the table may be renamed and dropped, and strangers may open the file', () => {
  const file = tempFile();
  const kv = open(file, { maxEntries: 2, table: 'one' });
  for (const key of 'abc') kv.set(key, 1);
  const untrusted = new KVault(file, { untrusted: true, table: 'one' });
  expect(keysOf(untrusted)).toBe('bc');
  untrusted.close();
  const renamed = kv.renameTable('two');
  for (const key of 'de') renamed.set(key, 1);
  expect(keysOf(renamed)).toBe('de');
  const tables = () =>
    renamed.database
      .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'kohakuvault_usage%' AND type = 'table'")
      .pluck();
  expect(tables().all()).toEqual(['kohakuvault_usage_two']);
  renamed.dropTable();
  const fresh = open(file, { table: 'two' });
  fresh.set('a', 1);
  expect(
    fresh.database.prepare("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'kohakuvault_usage%'").pluck().get(),
  ).toBe(0);
});

test('bad input is refused', () => {
  expect(thrownBy(() => new KVault(tempFile(), { maxEntries: 0 })).message).toMatch(
    /KVault expects maxEntries to be a whole number from 1 on, got 0/,
  );
  expect(thrownBy(() => new KVault(tempFile(), { maxBytes: 1.5 })).message).toMatch(/KVault expects maxBytes/);
});

const seed = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);

test.each([seed, seed + 1])('what the file knows is right after anything, seed %i', (seed) => {
  const random = new Random(seed);
  const file = tempFile();
  const kv = open(file, { maxEntries: 8, maxBytes: 4_000 });
  const db = new Database(file, { timeout: 0 });
  onTestFinished(() => void db.close());
  const key = () => String.fromCharCode(97 + random.below(12));
  const foreign: ((key: string) => unknown)[] = [
    (key) => db.prepare("INSERT OR REPLACE INTO kv VALUES (CAST(? AS BLOB), x'0102')").run(key),
    (key) => db.prepare('UPDATE kv SET value = zeroblob(50) WHERE key = CAST(? AS BLOB)').run(key),
    (key) => db.prepare('DELETE FROM kv WHERE key = CAST(? AS BLOB)').run(key),
    (key) =>
      db.prepare('UPDATE OR REPLACE kv SET key = CAST(? AS BLOB) WHERE rowid = (SELECT min(rowid) FROM kv)').run(key),
    (key) => db.prepare('INSERT OR IGNORE INTO kv VALUES (CAST(? AS BLOB), zeroblob(7))').run(key),
  ];
  const ours: ((key: string) => unknown)[] = [
    (key) => kv.set(key, bytes(random.below(1_500))),
    (key) => kv.get(key),
    (key) => kv.delete(key),
    (key) => kv.has(key) && kv.rename(key, 'a'),
    () => kv.deleteRange('c'),
    () => kv.setMany(random.list(0, 6, () => [key(), bytes(random.below(600))])),
    () => random.oneIn(4) && kv.clear(),
    () => (kv.cacheStats ? kv.disableCache() : kv.enableCache({ autoFlush: false })),
  ];
  for (let step = 0; step < 300; step++) {
    if (random.oneIn(3)) random.pick(foreign)(key());
    else if (random.oneIn(5)) {
      expect(() =>
        kv.transaction(() => {
          random.pick(ours)(key());
          throw new Error('undone');
        }),
      ).toThrow('undone');
    } else random.pick(ours)(key());
    const { known, real } = sums(file);
    expect(known).toEqual(real);
  }
  kv.disableCache();
  kv.set('a', 1);
  const { known } = sums(file) as { known: { bytes: number; entries: number } };
  expect(known.entries).toBeLessThanOrEqual(8);
  expect(known.bytes).toBeLessThanOrEqual(4_000);
});
