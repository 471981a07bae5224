import type { Change, KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { next, open, traces } from './support.ts';

/** Returns what is fulfilled with the first `count` things that a function is called with. */
function calls<T>(count: number): { call: (given: T) => void; all: Promise<T[]>; found: T[] } {
  const found: T[] = [];
  let resolve: (all: T[]) => void = () => {};
  const all = new Promise<T[]>((done) => {
    resolve = done;
  });
  const call = (given: T) => {
    found.push(given);
    if (found.length === count) resolve(found);
  };
  return { call, all, found };
}

describe('on and off', () => {
  test('a listener is called with each change; the log exists while there is one', async () => {
    const file = tempFile();
    const vault = open(file);
    const [one, two] = [calls<Change>(2), calls<Change>(2)];
    expect(vault.on('change', one.call).on('change', two.call)).toBe(vault);
    vault.set('a', 1);
    vault.delete('a');
    for (const { all } of [one, two]) {
      expect((await all).map(({ kind, key }) => [kind, key])).toEqual([
        ['set', 'a'],
        ['delete', 'a'],
      ]);
    }
    vault.off('change', one.call);
    expect(traces(file)).not.toEqual([]);
    vault.off('change', two.call);
    expect(traces(file)).toEqual([]);
    vault.on('change', one.call);
    vault.close();
    expect(traces(file)).toEqual([]);
  });

  test('an error that ends it is for the listeners to errors', async () => {
    const file = tempFile();
    const vault = open(file);
    const errors = calls<unknown>(1);
    vault.on('error', errors.call).on('change', () => {});
    const database = new Database(file);
    database.exec('DROP TRIGGER kohakuvault_changes_kv_insert; DROP TABLE kohakuvault_changes_kv');
    database.close();
    expect((await errors.all)[0]).toMatchObject({ code: 'KV_STALE' });
  });
});

describe('observe', () => {
  test('for await gives the value, and each newer one', async () => {
    const vault = open(tempFile());
    const values = vault.observe('key')[Symbol.asyncIterator]();
    expect(await next(values, 1)).toEqual([undefined]);
    for (const value of [1, { n: 2 }, Buffer.alloc(20_000, 'long'), undefined]) {
      const waiting = next(values, 1);
      vault.set('other', value ?? 0);
      if (value === undefined) vault.delete('key');
      else vault.set('key', value);
      expect(await waiting).toEqual([value]);
    }
    vault.close();
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  const CHANGES: Record<string, (vault: KVault, other: Database.Database) => void> = {
    'by the vault': (vault) => vault.set('key', 'new'),
    'by another connection': (_, other) =>
      void other.exec("INSERT OR REPLACE INTO kv VALUES (CAST('key' AS BLOB), CAST('new' AS BLOB))"),
    'as a pending write': (vault) => {
      vault.enableCache();
      vault.set('key', 'new');
    },
  };

  test.each(Object.entries(CHANGES))('subscribers hear of a change %s', async (_, change) => {
    const file = tempFile();
    const vault = open(file);
    const other = new Database(file);
    const observed = vault.observe('key');
    const { subscribe, getSnapshot } = observed;
    expect(getSnapshot()).toBe(undefined);
    const heard = calls<void>(1);
    const unsubscribe = subscribe(heard.call);
    change(vault, other);
    await heard.all;
    expect(String(getSnapshot())).toBe('new');
    unsubscribe();
    other.close();
  });

  test('a snapshot is the same object until the value changes, as useSyncExternalStore needs it', () => {
    const vault = open(tempFile());
    vault.set('key', { list: [1] });
    const { getSnapshot } = vault.observe('key');
    const first = getSnapshot();
    vault.set('other', 1);
    vault.set('key', { list: [1] });
    expect(getSnapshot()).toBe(first);
    vault.set('key', { list: [2] });
    expect(getSnapshot()).toEqual({ list: [2] });
    vault.set('key', Buffer.alloc(3_000_000, 'long'));
    expect(getSnapshot()).toBe(getSnapshot());
  });

  test('a value in parts is noticed by its id', async () => {
    const vault = open(tempFile(), { maxBlobBytes: 64 });
    vault.set('key', Buffer.alloc(1_000, 'a'));
    const { subscribe, getSnapshot } = vault.observe('key');
    const before = getSnapshot();
    const heard = calls<void>(1);
    subscribe(heard.call);
    vault.set('key', Buffer.alloc(1_000, 'b'));
    await heard.all;
    expect(before.equals(getSnapshot())).toBe(false);
  });

  test('nothing that is rolled back is heard of, and a readonly vault can observe', async () => {
    const file = tempFile();
    const vault = open(file);
    const { database } = vault;
    const readonly = open(file, { readonly: true });
    const [own, others] = [calls<unknown>(1), calls<unknown>(1)];
    const observed = vault.observe('key');
    observed.subscribe(() => own.call(observed.getSnapshot()));
    const seen = readonly.observe('key');
    seen.subscribe(() => others.call(seen.getSnapshot()));
    database.exec('BEGIN');
    vault.set('key', 1);
    await new Promise((resolve) => setTimeout(resolve, 120));
    database.exec('ROLLBACK');
    vault.set('key', 2);
    await Promise.all([own.all, others.all]);
    expect([own.found, others.found]).toEqual([[2], [2]]);
  });
});
