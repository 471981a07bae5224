// Entries that expire: Python knows nothing of it, and what it writes lasts.
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { program, runPython } from '../../src/kit.ts';

const REWRITTEN = ['set', 'update', 'put_file', 'cache'];
const DELETED = ['del', 'delete'];

export function entriesThatExpire(python: string): void {
  test('Python reads plain rows, and what it rewrites or deletes has no time any more', () => {
    const file = tempFile();
    const keys = [...REWRITTEN, ...DELETED, 'kept', 'gone', 'used'];
    {
      // A table with limits has triggers of its own.
      using vault = new KVault(file, { maxEntries: 100 });
      for (const key of keys) vault.set(key, `our ${key}`, { ttl: 3_600_000 });
    }
    const database = new Database(file);
    database.exec("UPDATE kohakuvault_expiry_kv SET expires_at = 1, due_at = 1 WHERE key = CAST('gone' AS BLOB)");
    const printed = runPython(python, program('expiring.py'), [file]).trim();
    const listed = keys.toSorted().map((key) => `'${key}'`);
    expect(printed).toBe(`[${listed.join(', ')}] our kept our gone`);

    const listTimes = 'SELECT CAST(key AS TEXT) FROM kohakuvault_expiry_kv WHERE expires_at IS NOT NULL ORDER BY key';
    const times = database.prepare(listTimes).pluck().all();
    expect(times).toEqual(['gone', 'kept', 'used']);
    const used = database.prepare('SELECT used FROM kohakuvault_usage_kv WHERE key = 0').pluck().get();
    expect(used).toBe(keys.length - DELETED.length);
    database.close();

    using vault = new KVault(file);
    expect([...vault.keys()]).toEqual([...REWRITTEN, 'kept', 'used'].toSorted());
    for (const key of REWRITTEN) expect(vault.ttlOf(key), key).toBe(Number.POSITIVE_INFINITY);
    expect(vault.get('set')).toBe('from Python');
    expect(vault.purgeExpired()).toBe(1);
  });
}
