// Every method of a vault with every encoding.
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { CorruptData, type CustomEncoding, InvalidArgument, KVault, type ValueEncoding } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../../tools/testing/src/thrown.ts';

const DATES: CustomEncoding<Date> = {
  name: 'date',
  encode: (date) => Buffer.from(date.toISOString()),
  decode: (bytes) => new Date(bytes.toString()),
};

type Kind = { encoding: ValueEncoding; value(nth: number): unknown };
const row = (nth: number) => ({ id: nth, name: `user ${nth}`, tags: ['a', { b: nth / 3 }], manager: { id: nth + 1 } });
const KINDS: [string, Kind][] = [
  ['auto', { encoding: 'auto', value: row }],
  ['msgpack', { encoding: 'msgpack', value: row }],
  ['cbor', { encoding: 'cbor', value: row }],
  ['json', { encoding: 'json', value: row }],
  ['utf8', { encoding: 'utf8', value: (nth) => `text ${nth} \ufffd é` }],
  ['binary', { encoding: 'binary', value: (nth) => Buffer.from([0x89, 0x4b, 1, nth]) }],
  ['a codec of the user', { encoding: DATES, value: (nth) => new Date(nth * 1_000) }],
];

function opened(file: string, options: object): KVault {
  const vault = new KVault(file, options);
  onTestFinished(() => vault.close());
  return vault;
}

describe.each(KINDS)('%s', (name, { encoding, value }) => {
  const values = (count: number) => Array.from({ length: count }, (_, nth) => [`key ${nth}`, value(nth)] as const);
  const isShared = name === 'msgpack' || name === 'cbor';

  test('every method that writes and every method that reads', () => {
    const file = tempFile();
    const vault = opened(file, { valueEncoding: encoding });
    expect(vault.valueEncoding).toBe(typeof encoding === 'string' ? encoding : encoding.name);
    for (const [key, one] of values(3)) expect(vault.set(key, one).get(key)).toEqual(one);
    expect(vault.setMany(values(40))).toBe(40);
    vault.update(Object.fromEntries(values(45)));
    vault.update(new Map(values(50)));
    expect(vault.setDefault('key 0', value(99))).toEqual(value(0));
    expect(vault.setDefault('new', value(99))).toEqual(value(99));
    expect(vault.pop('new')).toEqual(value(99));
    vault.asObject().view = value(98);
    expect(vault.asObject().view).toEqual(value(98));
    vault.rename('view', 'renamed');
    expect(vault.getOrThrow('renamed')).toEqual(value(98));
    vault.delete('renamed');
    for (const reader of [vault, opened(file, { valueEncoding: encoding, readonly: true })]) {
      expect(reader.size).toBe(50);
      expect(reader.get('key 7')).toEqual(value(7));
      expect(reader.get('none', 'fallback')).toBe('fallback');
      expect(reader.getMany(['key 1', 'none', 'key 2'])).toEqual([value(1), undefined, value(2)]);
      expect([...reader.values({ prefix: 'key 1', limit: 2 })]).toEqual([value(1), value(10)]);
      expect(new Map(reader.entries())).toEqual(new Map(values(50)));
      expect([...reader]).toHaveLength(50);
      expect(reader.snapshot(() => reader.get('key 8'))).toEqual(value(8));
    }
    expect(vault.deleteMany(['key 0', 'none'])).toBe(1);
    expect(vault.deleteRange('key 1')).toBe(11);
    vault.clear();
    expect(vault.size).toBe(0);
  });

  test('values of any length: of a page, beyond it, and in parts', () => {
    if (encoding === DATES) return;
    const file = tempFile();
    const vault = opened(file, { valueEncoding: encoding, maxBlobBytes: 500_000 });
    const long = (length: number): unknown => {
      if (name === 'utf8') return 'é'.repeat(length / 2);
      if (name === 'binary') return Buffer.alloc(length, 7);
      return [row(1), row(2), { text: 'x'.repeat(length) }];
    };
    for (const length of [100, 3_000, 5_000, 100_000, 300_000, 700_000]) {
      vault.set(`long ${length}`, long(length));
      expect(vault.get(`long ${length}`)).toEqual(long(length));
      expect(vault.getMany([`long ${length}`])).toEqual([long(length)]);
      expect(vault.sizeOf(`long ${length}`)).toBeGreaterThanOrEqual(length);
    }
    expect([...vault.values()]).toHaveLength(6);
    const other = opened(file, { valueEncoding: encoding, readonly: true });
    expect(other.get('long 700000')).toEqual(long(700_000));
  });

  test('a write-back cache, and a flush by another vault', () => {
    const file = tempFile();
    const vault = opened(file, { valueEncoding: encoding });
    const other = opened(file, { valueEncoding: encoding });
    vault.enableCache();
    vault.setMany(values(20));
    expect(vault.get('key 3')).toEqual(value(3));
    expect(other.get('key 3')).toEqual(value(3));
    expect([...vault.values()]).toHaveLength(20);
    vault.flushCache();
    vault.disableCache();
    expect([...other.values('key 1')]).toHaveLength(11);
  });

  test('a rollback undoes values and structures, and what comes after is right', () => {
    const file = tempFile();
    const vault = opened(file, { valueEncoding: encoding });
    const stop = new Error('stop');
    expect(() =>
      vault.transaction(() => {
        vault.setMany(values(10));
        expect(vault.get('key 9')).toEqual(value(9));
        throw stop;
      }),
    ).toThrow(stop);
    expect(vault.size).toBe(0);
    vault.setMany(values(10));
    expect(vault.getMany(['key 0', 'key 9'])).toEqual([value(0), value(9)]);
    const other = opened(file, { valueEncoding: encoding, readonly: true });
    expect([...other.values()]).toEqual([...vault.values()]);
  });

  test('a vault with another encoding is refused, whatever it is, while this one is open and later', () => {
    const file = tempFile();
    const vault = new KVault(file, { valueEncoding: encoding });
    for (const written of [false, true]) {
      if (written) vault.set('a', value(1));
      for (const [, { encoding: other }] of KINDS) {
        if (other === encoding) continue;
        expect(() => new KVault(file, { valueEncoding: other })).toThrow(InvalidArgument);
        expect(codeOf(() => new KVault(vault, { valueEncoding: other }))).toBe('KV_INVALID_ARGUMENT');
      }
    }
    vault.close();
    for (const [, { encoding: other }] of KINDS) {
      if (other === encoding) continue;
      expect(() => new KVault(file, { valueEncoding: other, readonly: true })).toThrow(/valueEncoding is .*"kv"/);
    }
    expect(opened(file, { valueEncoding: encoding }).get('a')).toEqual(value(1));
  });

  test('the table keeps its encoding under another name, and a new table has none', () => {
    const file = tempFile();
    const vault = new KVault(file, { valueEncoding: encoding, table: 'Rows' });
    vault.set('a', value(1)).set('b', value(2)).set('c', value(3));
    const renamed = vault.renameTable('other');
    expect(renamed.get('c')).toEqual(value(3));
    expect(renamed.valueEncoding).toBe(vault.valueEncoding);
    opened(file, { table: 'rows', valueEncoding: encoding === 'json' ? 'utf8' : 'json' });
    renamed.dropTable();
    expect(opened(file, { table: 'other' }).set('a', [1]).get('a')).toEqual([1]);
  });

  if (name !== 'auto') {
    test('switches of auto-packing are refused', () => {
      const vault = opened(tempFile(), { valueEncoding: encoding });
      expect([vault.autoPackEnabled, vault.headersEnabled]).toEqual([false, false]);
      for (const method of ['enableAutoPack', 'disableAutoPack', 'enableHeaders', 'disableHeaders'] as const) {
        expect(() => vault[method]()).toThrow(`${method} belongs to the encoding 'auto'`);
      }
      for (const option of [{ autoPack: true }, { autoPack: false }, { headers: true }]) {
        expect(() => new KVault(tempFile(), { valueEncoding: encoding, ...option })).toThrow(InvalidArgument);
      }
      expect(() => new KVault(vault, { autoPack: false })).toThrow(InvalidArgument);
    });
  }

  const streams = name === 'auto' || name === 'binary' ? 'both' : name === 'utf8' || name === 'json' ? 'read' : 'none';

  test(`streams: ${streams}`, async () => {
    const vault = opened(tempFile(), { valueEncoding: encoding });
    const content = Buffer.from('{"content": true}');
    const write = () => [
      vault.putFile('file', content),
      vault.putFile('file', Readable.from([content])),
      pipeline(Readable.from([content]), vault.createWriteStream('stream')),
    ];
    if (streams === 'both') {
      await Promise.all(write());
      expect(await buffer(vault.createReadStream('stream'))).toEqual(content);
      using blob = vault.openBlob('file', { writable: true });
      blob.write(0, Buffer.from('['));
      expect(blob.read(0, 2).toString()).toBe('["');
      const target = new PassThrough();
      await vault.getToFile('file', target);
      return;
    }
    await expect(vault.putFile('file', content)).rejects.toThrow(InvalidArgument);
    expect(() => vault.createWriteStream('file')).toThrow('stores bytes as they come');
    expect(vault.has('file')).toBe(false);
    vault.set('a', value(1));
    expect(() => vault.openBlob('a', { writable: true })).toThrow(InvalidArgument);
    if (streams === 'read') {
      const expected = name === 'json' ? JSON.stringify(value(1)) : String(value(1));
      expect((await buffer(vault.createReadStream('a'))).toString()).toBe(expected);
      const chunks: Buffer[] = [];
      const sink = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
      expect(await vault.getToFile('a', sink)).toBe(Buffer.byteLength(expected));
      expect(Buffer.concat(chunks).toString()).toBe(expected);
      using blob = vault.openBlob('a');
      expect(blob.read(0, 1_000).toString()).toBe(expected);
    } else {
      expect(() => vault.createReadStream('a')).toThrow('use get');
      expect(() => vault.openBlob('a')).toThrow(InvalidArgument);
      await expect(vault.getToFile('a', new PassThrough())).rejects.toThrow(InvalidArgument);
    }
  });

  test('structures are in the file only for encodings with records', () => {
    const vault = opened(tempFile(), { valueEncoding: encoding });
    vault.setMany(values(5));
    const tables = vault.database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kohakuvault_structures'").all();
    expect(tables).toHaveLength(isShared ? 1 : 0);
  });
});

test('values that the encoding cannot hold are refused, and nothing is stored', () => {
  const json = opened(tempFile(), { valueEncoding: 'json' });
  const cases: [KVault, unknown][] = [
    [json, new Map()],
    [opened(tempFile(), { valueEncoding: 'utf8' }), 1],
    [opened(tempFile(), { valueEncoding: 'binary' }), 'text'],
    [opened(tempFile(), { valueEncoding: 'msgpack' }), () => 1],
    [opened(tempFile(), { valueEncoding: 'cbor' }), undefined],
  ];
  for (const [vault, value] of cases) {
    expect(() => vault.set('a', value)).toThrow(/^the value for "a": /);
    expect(() => vault.setMany([['b', value]])).toThrow(InvalidArgument);
    expect(vault.size).toBe(0);
  }
});

test('a table with values of the default encoding takes no other, an empty one does', () => {
  const file = tempFile();
  using first = new KVault(file);
  first.set('a', 1);
  expect(() => new KVault(file, { valueEncoding: 'json' })).toThrow(
    'valueEncoding is "json", but "kv" has values of the encoding \'auto\'',
  );
  first.clear();
  // The vault is still open, and writes its own encoding.
  expect(() => new KVault(file, { valueEncoding: 'json' })).toThrow(InvalidArgument);
  first.enableCache();
  first.set('pending', 1);
  expect(() => new KVault(file, { valueEncoding: 'json' })).toThrow(InvalidArgument);
  first.clear();
  first.close();
  using json = new KVault(file, { valueEncoding: 'json' });
  expect(json.set('a', 1).get('a')).toBe(1);
});

test('a table gets its encoding when it is writable, and not in a transaction that may be rolled back', () => {
  const file = tempFile();
  new KVault(file).close();
  expect(codeOf(() => new KVault(file, { valueEncoding: 'json', readonly: true }))).toBe('KV_READONLY');
  using other = new KVault(file, { table: 'other' });
  other.database.exec('BEGIN');
  expect(() => new KVault(file, { valueEncoding: 'json' })).toThrow('Open it outside of the transaction');
  other.database.exec('ROLLBACK');
  using json = new KVault(file, { valueEncoding: 'json' });
  expect(json.set('a', { b: 1 }).get('a')).toEqual({ b: 1 });
  other.database.exec('BEGIN');
  using again = new KVault(file, { valueEncoding: 'json' });
  expect(again.get('a')).toEqual({ b: 1 });
  other.database.exec('ROLLBACK');
});

test('names of codecs, and what is not an encoding', () => {
  const file = tempFile();
  for (const name of ['', 'json', 'auto', 'x'.repeat(101), 1, '\ud800']) {
    expect(() => new KVault(file, { valueEncoding: { ...DATES, name: name as string } })).toThrow(InvalidArgument);
  }
  for (const valueEncoding of ['JSON', 'utf-8', 1, {}, { name: 'a' }, { name: 'a', encode: 1, decode: 2 }]) {
    expect(() => new KVault(file, { valueEncoding: valueEncoding as 'json' })).toThrow(/expects valueEncoding to be/);
  }
  new KVault(file, { valueEncoding: DATES }).close();
  expect(() => new KVault(file, { valueEncoding: { ...DATES, name: 'other date' } })).toThrow(
    'valueEncoding is "other date", but the values of "kv" are encoded as "date"',
  );
});

test('a codec of the user may use the vault while it decodes', () => {
  const vault = opened(tempFile(), {
    valueEncoding: {
      name: 'following',
      encode: (value: string) => Buffer.from(value),
      decode(bytes: Buffer): unknown {
        const [link, text] = bytes.toString().split(':');
        return link === 'link' ? [vault.get(text as string), bytes.toString()] : bytes.toString();
      },
    },
  });
  vault.set('a', 'text:1').set('b', 'link:a').set('c', 'link:b');
  expect(vault.get('c')).toEqual([['text:1', 'link:a'], 'link:b']);
  expect(vault.getMany(['b', 'a'])).toEqual([['text:1', 'link:a'], 'text:1']);
  expect([...vault.values()]).toEqual(['text:1', ['text:1', 'link:a'], [['text:1', 'link:a'], 'link:b']]);
});

test('what other programs have stored: bare bytes that do not decode are damage, with the key', () => {
  const file = tempFile();
  const json = opened(file, { valueEncoding: 'json' });
  json.database.prepare('INSERT INTO kv VALUES (?, ?)').run(Buffer.from('a'), Buffer.from('{'));
  json.database.prepare('INSERT INTO kv VALUES (?, ?)').run(Buffer.from('b'), Buffer.from('[1]'));
  expect(() => json.get('a')).toThrow(CorruptData);
  expect(() => json.get('a')).toThrow(/^the value of "a" in kv cannot be decoded as "json": it is not JSON/);
  expect(() => [...json.values()]).toThrow(CorruptData);
  expect(json.get('b')).toEqual([1]);
});
