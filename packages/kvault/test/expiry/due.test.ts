// Entries that are written again before they expire: their rows in the table of times are due, and they have not expired.
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { database, FUTURE, open, shown, stored } from './support.ts';

const HOUR = FUTURE.ttl;

function names(count: number, beginning = 'key'): string[] {
  return Array.from({ length: count }, (_, at) => `${beginning} ${String(at).padStart(4, '0')}`);
}

/** Has the rows of entries be due, as when their first time has come. */
function makeDue(file: string, prefix = ''): void {
  database(file).exec(
    `UPDATE kohakuvault_expiry_kv SET due_at = 1 WHERE substr(CAST(key AS TEXT), 1, ${prefix.length}) = '${prefix}'`,
  );
}

/** Returns how many rows are due before their entries expire, and how many there are. */
function dueRows(file: string): [early: number, all: number] {
  const find = 'SELECT coalesce(sum(due_at IS NOT expires_at), 0), count(*) FROM kohakuvault_expiry_kv';
  return database(file).prepare(find).raw().get() as [number, number];
}

describe.each([1, 100, 3_000])('%i entries are due, and none has expired', (count) => {
  test('every read shows them, and purgeExpired has them be due later', () => {
    const file = tempFile();
    const kv = open(file);
    const keys = names(count);
    kv.setMany(
      keys.map((key) => [key, key]),
      FUTURE,
    );
    const before = shown(kv, keys);
    makeDue(file);
    expect(shown(kv, keys)).toEqual(before);
    expect(dueRows(file)).toEqual([count, count]);
    expect(kv.purgeExpired()).toBe(0);
    expect(dueRows(file)).toEqual([0, count]);
    expect(shown(kv, keys)).toEqual(before);
  });

  test('those that have expired are hidden, and removed', () => {
    const file = tempFile();
    const kv = open(file);
    const keys = names(count);
    kv.setMany(
      [...keys, 'gone'].map((key) => [key, key]),
      FUTURE,
    );
    makeDue(file, 'key');
    // Of all rows that are due, it is the last.
    database(file).exec("UPDATE kohakuvault_expiry_kv SET expires_at = 2, due_at = 2 WHERE key = CAST('gone' AS BLOB)");
    expect([kv.has('gone'), kv.size, kv.count('key'), [...kv.keys()]]).toEqual([false, count, count, keys]);
    expect(kv.purgeExpired()).toBe(1);
    expect(stored(file).keys).toEqual(keys);
  });
});

test('writes have some of them be due later', () => {
  const file = tempFile();
  const kv = open(file);
  kv.setMany(
    names(40).map((key) => [key, 1]),
    FUTURE,
  );
  makeDue(file);
  expect(kv.has('key 0000')).toBe(true);
  kv.set('a', 1);
  const [left] = dueRows(file);
  expect(left).toBeLessThan(40);
  for (let round = 0; round < 5; round++) kv.set('a', round);
  expect([dueRows(file), kv.size]).toEqual([[0, 40], 41]);
});

test('a limit removes what has expired before anything else, however much is due', () => {
  const file = tempFile();
  const kv = open(file, { maxEntries: 3_000 });
  const keys = names(2_999);
  kv.setMany(
    [...keys, 'used last'].map((key) => [key, key]),
    FUTURE,
  );
  makeDue(file, 'key');
  database(file).exec(
    "UPDATE kohakuvault_expiry_kv SET expires_at = 2, due_at = 2 WHERE key = CAST('used last' AS BLOB)",
  );
  kv.set('new', 1);
  expect(stored(file).keys).toEqual([...keys, 'new']);
});

describe('the row of an entry', () => {
  test.each([1, 40])('follows an earlier time, of %i entries', (count) => {
    const file = tempFile();
    const kv = open(file);
    const write = (hours: number) =>
      kv.setMany(
        names(count).map((key) => [key, hours]),
        { ttl: hours * HOUR },
      );
    for (const hours of [3, 5, 1, 2]) {
      write(hours);
      const times = database(file).prepare('SELECT expires_at - due_at FROM kohakuvault_expiry_kv').pluck().all();
      expect(Math.round((kv.ttlOf('key 0000') ?? 0) / HOUR)).toBe(hours);
      for (const early of times as number[]) expect(early).toBeGreaterThanOrEqual(0);
    }
  });

  test('stays when its time is dropped, until it is due', () => {
    const file = tempFile();
    const kv = open(file);
    kv.set('a', 1, FUTURE).set('a', 2);
    expect([kv.ttlOf('a'), dueRows(file)]).toEqual([Number.POSITIVE_INFINITY, [1, 1]]);
    makeDue(file);
    expect([kv.get('a'), kv.size, kv.purgeExpired(), dueRows(file)]).toEqual([2, 1, 0, [0, 0]]);
    kv.set('a', 3, FUTURE).set('a', 4).set('a', 5, FUTURE);
    expect([Math.round((kv.ttlOf('a') ?? 0) / HOUR), dueRows(file)[1]]).toEqual([1, 1]);
    kv.delete('a');
    expect(dueRows(file)).toEqual([0, 0]);
  });

  test('goes with its entry, whatever another program changes of that', () => {
    const file = tempFile();
    const kv = open(file);
    const other = database(file);
    const hours = () =>
      Object.fromEntries([...kv.keys()].map((key) => [key, Math.round((kv.ttlOf(key) as number) / HOUR)]));
    kv.set('a', 1, FUTURE).set('b', 1, { ttl: 2 * HOUR });
    other.exec("UPDATE kv SET key = CAST('c' AS BLOB) WHERE key = CAST('a' AS BLOB)");
    expect(hours()).toEqual({ b: 2, c: 1 });
    other.exec("UPDATE OR REPLACE kv SET key = CAST('c' AS BLOB), value = x'02' WHERE key = CAST('b' AS BLOB)");
    expect(hours()).toEqual({ c: 2 });
    other.exec("INSERT OR REPLACE INTO kv VALUES (CAST('c' AS BLOB), x'03')");
    expect(hours()).toEqual({ c: Number.POSITIVE_INFINITY });
    kv.set('c', 1, FUTURE);
    other.exec("UPDATE kv SET value = x'04'");
    expect(hours()).toEqual({ c: Number.POSITIVE_INFINITY });
  });
});
