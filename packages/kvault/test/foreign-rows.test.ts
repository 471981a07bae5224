// Rows in a vault's table that other programs have written, and that no vault would write.
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

/** Opens a vault on a table without types, with rows of another program. */
function vaultOver(...rows: [key: unknown, value: unknown][]): KVault {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  database.exec('CREATE TABLE kv (key PRIMARY KEY, value)');
  for (const row of rows) database.prepare('INSERT INTO kv VALUES (?, ?)').run(...row);
  return new KVault(database);
}

const BYTES = Buffer.from('bytes');
const keyOf = (text: string) => Buffer.from(text);

describe('a value that is not a BLOB', () => {
  test.each([
    ['NULL', null],
    ['an integer', 5n],
    ['a real', 1.5],
  ])('%s throws KV_CORRUPT with its key, and the other values stay readable', async (_, value) => {
    const vault = vaultOver([keyOf('a'), BYTES], [keyOf('bad'), value], [keyOf('c'), BYTES]);
    const works = [
      () => vault.get('bad'),
      () => vault.getOrThrow('bad'),
      () => vault.getMany(['a', 'bad']),
      () => vault.pop('bad'),
      () => vault.createReadStream('bad'),
      () => vault.openBlob('bad'),
      () => [...vault.values()],
      () => [...vault.entries('b')],
    ];
    for (const work of works) {
      const error = thrownBy(work);
      expect([error.code, error.message]).toEqual(['KV_CORRUPT', expect.stringContaining('"bad"')]);
    }
    expect([vault.get('a'), vault.get('c'), vault.size, vault.has('bad')]).toEqual([BYTES, BYTES, 3, true]);
    expect([...vault.keys()]).toEqual(['a', 'bad', 'c']);
    const seen: unknown[] = [];
    const walk = () => {
      for (const [key] of vault) seen.push(key);
    };
    expect(thrownBy(walk).code).toBe('KV_CORRUPT');
    expect(seen).toEqual(['a']);
    vault.set('bad', 'good');
    expect([...vault.values()]).toEqual([BYTES, 'good', BYTES]);
  });

  test('text is read as its bytes', () => {
    const vault = vaultOver([keyOf('a'), 'text']);
    expect([vault.get('a'), ...vault.values()]).toEqual([Buffer.from('text'), Buffer.from('text')]);
  });
});

describe('a key that is not a BLOB', () => {
  test.each([
    ['text', 'zzz'],
    ['an integer', 5n],
  ])('%s is found by no method, and throws when an iteration reaches it', (_, key) => {
    const vault = vaultOver([key, BYTES], [keyOf('a'), BYTES]);
    expect([vault.get(String(key)), vault.has(String(key))]).toEqual([undefined, false]);
    for (const list of [() => [...vault.keys()], () => [...vault], () => [...vault.values({ lt: 'b' })]]) {
      const error = thrownBy(list);
      expect([error.code, error.message]).toEqual(['KV_CORRUPT', expect.stringContaining('CAST(key AS BLOB)')]);
    }
    // Such keys come before all others, so a range from the empty key on contains the rest.
    expect([...vault.entries({ gte: '' })]).toEqual([['a', BYTES]]);
    expect([...vault.keys({ reverse: true, limit: 1 })]).toEqual(['a']);
  });

  test('many of them are not skipped silently', () => {
    const many = Array.from({ length: 600 }, (_, index): [string, Buffer] => [`z${index}`, BYTES]);
    const vault = vaultOver(...many, [keyOf('a'), BYTES], [keyOf('z5'), BYTES]);
    expect(thrownBy(() => [...vault.keys()]).code).toBe('KV_CORRUPT');
    expect([...vault.keys({ gte: '' })]).toEqual(['a', 'z5']);
    vault.clear();
    expect([vault.size, [...vault.keys()]]).toEqual([0, []]);
  });
});
