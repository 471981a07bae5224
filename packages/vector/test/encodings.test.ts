// Values of vectors in every encoding.
import { type CustomEncoding, KVault, type ValueEncoding } from '@kohakuvault/kvault';
import { CorruptData, InvalidArgument, VectorKVault } from '@kohakuvault/vector';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const DATES: CustomEncoding<Date> = {
  name: 'date',
  encode: (date) => Buffer.from(date.toISOString()),
  decode: (bytes) => new Date(bytes.toString()),
};
const row = (nth: number) => ({ id: nth, title: `film ${nth}`, tags: ['a', { b: nth }] });
const KINDS: [string, ValueEncoding, (nth: number) => unknown][] = [
  ['auto', 'auto', row],
  ['msgpack', 'msgpack', row],
  ['cbor', 'cbor', row],
  ['json', 'json', row],
  ['utf8', 'utf8', (nth) => `film ${nth}`],
  ['binary', 'binary', (nth) => Buffer.from([0x89, 0x4b, 1, nth])],
  ['a codec of the user', DATES, (nth) => new Date(nth * 1_000)],
];

function opened(file: string, valueEncoding: ValueEncoding, options: object = {}): VectorKVault {
  const vault = new VectorKVault(file, { table: 'films', dimensions: 2, metric: 'l2', valueEncoding, ...options });
  onTestFinished(() => vault.close());
  return vault;
}

describe.each(KINDS)('%s', (name, encoding, value) => {
  test('every method that writes and every method that reads', async () => {
    const file = tempFile();
    const vault = opened(file, encoding);
    const first = vault.insert([0, 0], value(0));
    const ids = vault.insertMany(Array.from({ length: 9 }, (_, nth) => [[nth + 1, 0], value(nth + 1)] as const));
    expect(vault.update(ids[0] as bigint, { value: value(50) })).toBe(true);
    for (const reader of [vault, opened(file, encoding, { readonly: true })]) {
      expect(reader.valueEncoding).toBe(typeof encoding === 'string' ? encoding : encoding.name);
      expect(reader.getById(first)?.value).toEqual(value(0));
      expect(reader.get([5, 0])).toEqual(value(5));
      expect(reader.search([1, 0], 1)[0]?.value).toEqual(value(50));
      expect((await reader.searchAsync([7, 0], 2)).map((found) => found.value)).toContainEqual(value(7));
      const kept = reader.search([0, 0], {
        k: 1,
        filter: (_, one) => JSON.stringify(one) === JSON.stringify(value(4)),
      });
      expect(kept.map((found) => found.value)).toEqual([value(4)]);
      expect([...reader.values()]).toHaveLength(10);
      expect([...reader][9]?.[2]).toEqual(value(9));
    }
    const stop = new Error('stop');
    expect(() =>
      vault.transaction(() => {
        vault.insert([90, 0], value(90));
        throw stop;
      }),
    ).toThrow(stop);
    vault.insert([91, 0], value(91));
    expect(opened(file, encoding, { readonly: true }).get([91, 0])).toEqual(value(91));
  });

  test('another encoding is refused, and a new or renamed table is right', () => {
    const file = tempFile();
    const vault = opened(file, encoding);
    for (const written of [false, true]) {
      if (written) vault.insert([0, 0], value(0));
      for (const [, other] of KINDS) {
        if (other !== encoding) expect(() => opened(file, other)).toThrow(InvalidArgument);
      }
    }
    const renamed = vault.renameTable('others');
    expect(renamed.get([0, 0])).toEqual(value(0));
    expect(renamed.valueEncoding).toBe(vault.valueEncoding);
    renamed.dropTable();
    expect(opened(file, 'auto', { table: 'others' }).size).toBe(0);
    if (name === 'auto') return;
    const again = opened(file, encoding);
    for (const method of ['enableAutoPack', 'disableAutoPack', 'enableHeaders', 'disableHeaders'] as const) {
      expect(() => again[method]()).toThrow("belongs to the encoding 'auto'");
    }
    expect(() => opened(file, encoding, { autoPack: false })).toThrow(InvalidArgument);
  });
});

test('values that the encoding cannot hold are refused, and those that do not decode are damage', () => {
  const file = tempFile();
  const vault = opened(file, 'json');
  expect(() => vault.insert([0, 0], new Map())).toThrow(/^insert: the value: \$: a Map/);
  expect(vault.size).toBe(0);
  vault.insert([0, 0], { a: 1 });
  vault.database.exec("UPDATE films_values SET value = x'7b'");
  expect(() => vault.get([0, 0])).toThrow(CorruptData);
  expect(() => vault.get([0, 0])).toThrow('the value of vector 1 in films cannot be decoded as "json"');
});

test('a table of keys and a table of vectors share the structures of the file', () => {
  const file = tempFile();
  const vectors = opened(file, 'cbor');
  using rows = new KVault(vectors, { valueEncoding: 'msgpack', table: 'rows' });
  for (let nth = 0; nth < 4; nth++) {
    rows.set(`key ${nth}`, row(nth));
    vectors.insert([nth, 0], row(nth));
  }
  const count = vectors.database.prepare('SELECT count(*) FROM kohakuvault_structures').pluck();
  expect(count.get()).toBe(2);
  expect([rows.get('key 3'), vectors.get([3, 0])]).toEqual([row(3), row(3)]);
});
