import { inspect } from 'node:util';
import { Cbor, Json, KVault, MsgPack, Pickle } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

describe('a dict', () => {
  test('keeps values of any kind, also after it is closed and opened again', () => {
    const file = tempFile();
    const values = {
      number: 1,
      float: 0.5,
      large: 1_700_000_000_000,
      zero: -0,
      nan: Number.NaN,
      bigint: 12n,
      huge: 2n ** 100n,
      truth: true,
      nothing: null,
      text: 'naïve 😀',
      lone: '\ud800',
      bytes: Buffer.from('bytes'),
      escaped: Buffer.from('894b010200000000564b00', 'hex'),
      array: Float32Array.of(1, 2),
      clamped: Uint8ClampedArray.of(1, 2),
      tensor: { data: Int16Array.of(1, 2, 3, 4), shape: [2, 2], dtype: 'i16' },
      object: { z: 1, a: [1, 'two', { three: 3 }] },
      date: new Date(0),
      map: new Map<unknown, unknown>([[{ a: 1 }, new Set([1n])]]),
      pattern: /x+/gi,
      hole: { missing: undefined },
      packed: new MsgPack([1, 2]),
      json: new Json({ a: 1 }),
      cbor: new Cbor([1]),
      pickle: new Pickle({ a: [1, 'b'] }),
    };
    const expected = { ...values, packed: [1, 2], json: { a: 1 }, cbor: [1], pickle: { a: [1, 'b'] } };
    using vault = new KVault(file);
    vault.update(values);
    vault.close();
    using again = new KVault(file);
    for (const [key, value] of Object.entries(expected)) expect(again.get(key), key).toEqual(value);
    expect(Object.is(again.get('zero'), -0)).toBe(true);
    expect(again.size).toBe(Object.keys(values).length);
  });

  test('get, getOrThrow, has, delete, pop, setDefault', () => {
    using vault = new KVault(tempFile());
    expect(vault.get('a')).toBeUndefined();
    expect(vault.get('a', 7)).toBe(7);
    expect(thrownBy(() => vault.getOrThrow('a'))).toMatchObject({ code: 'KV_NOT_FOUND' });
    expect(vault.set('a', 1).set('a', 2)).toBe(vault);
    expect(vault.getOrThrow('a')).toBe(2);
    expect(vault.has('a')).toBe(true);
    expect(vault.setDefault('a', 9)).toBe(2);
    expect(vault.setDefault('b', { list: [] })).toEqual({ list: [] });
    expect(vault.delete('a')).toBe(true);
    expect(vault.delete('a')).toBe(false);
    expect(vault.pop('b')).toEqual({ list: [] });
    expect(vault.pop('b')).toBeUndefined();
    expect(vault.pop('b', 'none')).toBe('none');
    expect(vault.size).toBe(0);
  });

  test('setMany and its siblings work in order, in one transaction, all or nothing', () => {
    using vault = new KVault(tempFile());
    expect(vault.setMany(new Map([['a', 1], ['b', 2]]))).toBe(2); // biome-ignore format: pairs
    expect(vault.getMany(['b', 'none', 'a'])).toEqual([2, undefined, 1]);
    expect(thrownBy(() => vault.setMany([['c', 3], ['d', () => 1]])).code).toBe('KV_INVALID_ARGUMENT'); // biome-ignore format: pairs
    const failing = function* (): Generator<[string, number]> {
      yield ['c', 3];
      throw new Error('the source failed');
    };
    expect(() => vault.setMany(failing())).toThrow('the source failed');
    expect([...vault.keys()]).toEqual(['a', 'b']);
    vault.update({ c: 3, a: 4 });
    expect([...vault]).toEqual([
      ['a', 4],
      ['b', 2],
      ['c', 3],
    ]);
    expect(vault.deleteMany(['a', 'none', 'c'])).toBe(2);
    vault.clear();
    expect(vault.size).toBe(0);
  });

  test('a string and its UTF-8 bytes are the same key', () => {
    using vault = new KVault(tempFile(), { keyEncoding: 'bytes' });
    vault.set('é', 1);
    expect(vault.get(Buffer.from('é'))).toBe(1);
    expect(vault.get(new Uint16Array(Uint8Array.from(Buffer.from('é')).buffer))).toBe(1);
    vault.set('', 'empty');
    vault.set(Buffer.from([0xff]), 2);
    vault.set(Buffer.from([0xff]), 3);
    expect([...vault.keys()]).toEqual([Buffer.alloc(0), Buffer.from('é'), Buffer.from([0xff])]);
    const long = 'k'.repeat(5_000);
    vault.set(long, 'long');
    expect(vault.get(long)).toBe('long');
    expect(vault.delete(Buffer.from(long))).toBe(true);
  });

  test('a key that is not UTF-8 is refused with a hint if keys come back as strings', () => {
    using vault = new KVault(tempFile());
    vault.set(Buffer.from([0xff]), 2);
    expect(vault.get(Buffer.from([0xff]))).toBe(2);
    expect(thrownBy(() => [...vault.keys()]).message).toContain("keyEncoding: 'bytes'");
  });

  test('what comes back belongs to the caller', () => {
    using vault = new KVault(tempFile());
    for (const length of [10, 100_000]) {
      vault.set('bytes', Buffer.alloc(length, 1));
      vault.set('other', Buffer.alloc(length, 2));
      const first = vault.get('bytes') as Buffer;
      vault.get('other');
      expect(first.every((byte) => byte === 1)).toBe(true);
      first.fill(9);
      expect((vault.get('bytes') as Buffer)[0]).toBe(1);
    }
    vault.cache(() => {
      const given = Buffer.from('given');
      vault.set('given', given);
      given.fill(0);
      const back = vault.get('given') as Buffer;
      back.fill(0);
      expect(vault.get('given')).toEqual(Buffer.from('given'));
    });
  });

  test('bytes that share memory with those of other keys cannot be transferred to a thread', () => {
    using vault = new KVault(tempFile());
    vault.set('a', Buffer.from('one')).set('b', Buffer.from('two'));
    const [a, b] = [vault.get('a'), vault.get('b')] as [Buffer, Buffer];
    const { port1, port2 } = new MessageChannel();
    expect(() => port1.postMessage(a, [a.buffer as ArrayBuffer])).toThrow();
    expect([a.toString(), b.toString(), vault.get('a')]).toEqual(['one', 'two', Buffer.from('one')]);
    port1.close();
    port2.close();
  });

  test('asObject shows the vault as a plain object', () => {
    using vault = new KVault<number>(tempFile());
    const view = vault.asObject();
    view.b = 2;
    view.a = 1;
    expect(view.a).toBe(1);
    expect('a' in view).toBe(true);
    expect('toString' in view).toBe(false);
    expect(Object.keys(view)).toEqual(['a', 'b']);
    expect({ ...view }).toEqual({ a: 1, b: 2 });
    expect(delete view.a).toBe(true);
    expect(vault.has('a')).toBe(false);
    expect(() => Object.defineProperty(view, 'c', { get: () => 1 })).toThrow(/accessor/);
  });
});

describe('auto-packing', () => {
  test('off: takes only bytes, and returns them as they are stored', () => {
    const file = tempFile();
    using vault = new KVault(file);
    vault.set('a', { x: 1 });
    vault.disableAutoPack();
    expect(vault.autoPackEnabled).toBe(false);
    expect((vault.get('a') as Buffer).subarray(0, 2).toString('hex')).toBe('894b');
    vault.set('b', Buffer.from('894b', 'hex'));
    expect(thrownBy(() => vault.set('c', 1)).code).toBe('KV_INVALID_ARGUMENT');
    vault.enableAutoPack({ structured: false });
    expect(vault.get('a')).toEqual({ x: 1 });
    expect(thrownBy(() => vault.set('c', new Map())).code).toBe('KV_INVALID_ARGUMENT');
    vault.enableAutoPack();
    vault.set('c', new Map());
    expect(vault.get('c')).toEqual(new Map());
  });

  test('headers off: stores the payload alone, which is read as bytes', () => {
    using vault = new KVault(tempFile(), { headers: false });
    vault.set('a', 'text');
    expect(vault.get('a')).toEqual(Buffer.from('text'));
    expect(vault.headersEnabled).toBe(false);
    vault.enableHeaders();
    vault.set('a', 'text');
    expect(vault.get('a')).toBe('text');
    vault.disableHeaders();
    vault.enableAutoPack();
    expect(vault.headersEnabled).toBe(true);
  });
});

describe('bad input', () => {
  test.each([undefined, null, 1, true, {}, [], Symbol('k'), () => 1, '\ud800', 'k'.repeat(1024 * 1024 + 1)])(
    '%s is refused as a key',
    (key) => {
      using vault = new KVault(tempFile());
      for (const call of [
        () => vault.get(key as never),
        () => vault.getOrThrow(key as never),
        () => vault.has(key as never),
        () => vault.set(key as never, 1),
        () => vault.delete(key as never),
        () => vault.pop(key as never),
        () => vault.setDefault(key as never, 1),
        () => vault.getMany([key as never]),
        () => vault.setMany([[key as never, 1]]),
        () => vault.deleteMany([key as never]),
        () => vault.cache(() => vault.set(key as never, 1)),
      ]) {
        expect(thrownBy(call).code).toBe('KV_INVALID_ARGUMENT');
      }
      expect(vault.size).toBe(0);
    },
  );

  test.each([undefined, () => 1, Symbol('v'), Promise.resolve(), new WeakMap(), { deep: [() => 1] }])(
    '%s is refused as a value, and the old one stays',
    (value) => {
      using vault = new KVault(tempFile());
      vault.set('a', 'old');
      expect(thrownBy(() => vault.set('a', value)).message).toContain('"a"');
      expect(thrownBy(() => vault.cache(() => vault.set('a', value))).code).toBe('KV_INVALID_ARGUMENT');
      expect(vault.get('a')).toBe('old');
    },
  );

  test('unknown and wrong options are refused', () => {
    expect(thrownBy(() => new KVault(tempFile(), { tabel: 'x' } as never)).message).toContain('did you mean table?');
    expect(thrownBy(() => new KVault(tempFile(), { keyEncoding: 'latin1' as never })).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => new KVault(tempFile(), { table: '' })).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => new KVault(tempFile(), { autoPack: 1 as never })).code).toBe('KV_INVALID_ARGUMENT');
    using vault = new KVault(tempFile());
    expect(thrownBy(() => [...vault.keys({ gt: 'a', gte: 'b' })]).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => [...vault.keys({ lt: 'a', lte: 'b' })]).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => [...vault.keys({ limit: -1 })]).code).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => [...vault.keys({ prefx: 'a' } as never)]).message).toContain('did you mean prefix?');
    expect(thrownBy(() => vault.enableAutoPack({ structred: false } as never)).message).toContain(
      'did you mean structured?',
    );
    for (const entry of [undefined, 'ab', ['a'], ['a', 1, 2], { a: 1 }]) {
      expect(thrownBy(() => vault.setMany([entry as never])).code).toBe('KV_INVALID_ARGUMENT');
    }
    expect(vault.size).toBe(0);
    for (const wrong of [undefined, 1, 'abc']) {
      expect(thrownBy(() => vault.setMany(wrong as never)).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => vault.getMany(wrong as never)).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => vault.update(wrong as never)).code).toBe('KV_INVALID_ARGUMENT');
    }
  });

  test('every method of a closed vault throws KV_CLOSED', () => {
    const vault = new KVault(tempFile());
    vault.close();
    vault.close();
    for (const call of [
      () => vault.get('a'),
      () => vault.getOrThrow('a'),
      () => vault.getMany(['a']),
      () => vault.has('a'),
      () => vault.set('a', 1),
      () => vault.setMany([['a', 1]]),
      () => vault.delete('a'),
      () => vault.deleteMany(['a']),
      () => vault.clear(),
      () => vault.pop('a'),
      () => vault.setDefault('a', 1),
      () => vault.update({ a: 1 }),
      () => vault.size,
      () => [...vault],
      () => vault.enableCache(),
      () => vault.disableCache(),
      () => vault.flushCache(),
      () => vault.cache(() => 1),
      () => vault.lockCache(() => 1),
      () => vault.transaction(() => 1),
      () => vault.snapshot(() => 1),
      () => vault.checkpoint(),
      () => vault.optimize(),
      () => vault.database,
    ]) {
      expect(thrownBy(call).code).toBe('KV_CLOSED');
    }
  });

  test('a readonly vault reads, and refuses every write with KV_READONLY', () => {
    const file = tempFile();
    const writable = new KVault(file);
    writable.set('a', 1);
    writable.close();
    using vault = new KVault(file, { readonly: true });
    expect([...vault]).toEqual([['a', 1]]);
    expect(vault.transaction(() => vault.get('a'))).toBe(1);
    for (const call of [
      () => vault.set('b', 1),
      () => vault.delete('a'),
      () => vault.pop('a'),
      () => vault.clear(),
      () => vault.setMany([['b', 1]]),
      () => vault.cache(() => vault.set('b', 1)),
    ]) {
      expect(thrownBy(call).code).toBe('KV_READONLY');
    }
    expect(thrownBy(() => new KVault(file, { readonly: true, table: 'none' })).code).toBe('KV_READONLY');
    expect(vault.get('a')).toBe(1);
  });

  test.each([
    ['CREATE TABLE kv (id, name)', 'id, name'],
    ['CREATE TABLE kv (key BLOB, value BLOB)', 'not unique'],
    ['CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB, more TEXT NOT NULL)', 'more'],
    ['CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID', 'WITHOUT ROWID'],
    ['CREATE TABLE t (key, value); CREATE VIEW kv AS SELECT * FROM t', 'a view'],
    ['CREATE TABLE t (key, value); CREATE VIEW KV AS SELECT * FROM t', 'a view'],
  ])('%s is refused and left unchanged', (sql, message) => {
    const database = new Database(tempFile());
    database.exec(sql);
    const before = database.prepare('SELECT * FROM sqlite_schema').all();
    const error = thrownBy(() => new KVault(database));
    expect(error.code).toBe('KV_INVALID_ARGUMENT');
    expect(error.message).toContain(message);
    const after = database.prepare("SELECT * FROM sqlite_schema WHERE name NOT LIKE '%kohakuvault_meta%'").all();
    expect(after).toEqual(before);
    using vault = new KVault(database, { table: 'a "quoted" name' });
    vault.set('a', 1);
    expect(vault.get('a')).toBe(1);
    database.close();
  });

  test('a corrupt value throws KV_CORRUPT with its key, and the other values stay readable', () => {
    using vault = new KVault(tempFile());
    vault.setMany([
      ['a', { x: 1 }],
      ['b', 2],
    ]);
    vault.database.exec("UPDATE kv SET value = substr(value, 1, length(value) - 1) WHERE key = x'61'");
    const error = thrownBy(() => vault.get('a'));
    expect(error.code).toBe('KV_CORRUPT');
    expect(error.message).toContain('"a"');
    expect(thrownBy(() => [...vault.values()]).code).toBe('KV_CORRUPT');
    expect([...vault.keys()]).toEqual(['a', 'b']);
    expect(vault.get('b')).toBe(2);
  });
});

describe('one file', () => {
  test('two vaults on one file share its connection and its transactions', () => {
    const file = tempFile();
    using one = new KVault(file);
    using two = new KVault(one, { table: 'other' });
    expect(() =>
      one.transaction(() => {
        one.set('a', 1);
        two.set('a', 2);
        throw new Error('neither');
      }),
    ).toThrow('neither');
    expect([one.size, two.size]).toEqual([0, 0]);
    one.set('a', 1);
    one.close();
    two.set('a', 2);
    expect(two.get('a')).toBe(2);
  });

  test('a read leaves nothing open that would block or hide later writes', () => {
    const file = tempFile();
    using vault = new KVault<number>(file);
    const another = new Database(file, { timeout: 0 });
    using other = new KVault<number>(another);
    vault.setMany(Array.from({ length: 300 }, (_, index) => [`key ${index}`, index] as const));
    const next: [what: string, act: () => unknown, then: number | undefined][] = [
      ['a write', () => vault.set('key', 70), 70],
      ['a transaction', () => vault.transaction(() => expect(vault.set('key', 71).get('key')).toBe(71)), 71],
      [
        'a rollback',
        () => {
          const fails = () => {
            vault.set('key', 72).get('key');
            throw new RangeError('rolled back');
          };
          expect(() => vault.transaction(fails)).toThrow(RangeError);
        },
        71,
      ],
      ['a checkpoint', () => expect(vault.checkpoint('truncate').busy).toBe(0), 71],
      ['VACUUM', () => vault.optimize(), 71],
      ['clear', () => vault.clear(), undefined],
    ];
    for (const [what, act, then] of next) {
      vault.get('none');
      vault.get('key');
      act();
      expect(vault.get('key'), what).toBe(then);
    }
    other.set('key', 73);
    expect(vault.transaction(() => vault.get('key'))).toBe(73);
    another.close();
    vault.database.exec(`DROP TABLE "${vault.table}"`);
    expect(thrownBy(() => vault.get('key')).code).toMatch(/^KV_/);
  });
});

test('util.inspect shows path, table and size, and reads nothing from a closed vault', () => {
  const file = tempFile();
  const vault = new KVault(file, { table: 'notes' });
  vault.set('a', 1);
  expect(inspect(vault, { breakLength: Infinity })).toBe(
    `KVault { path: '${file}', table: 'notes', open: true, size: 1 }`,
  );
  expect(inspect({ deep: [{ vault }] }, { depth: 1 })).toContain('[Object]');
  vault.database.exec('DROP TABLE notes');
  expect(inspect(vault)).toContain('KV_CORRUPT');
  vault.close();
  expect(inspect(vault, { breakLength: Infinity })).toBe(`KVault { path: '${file}', table: 'notes', open: false }`);
});
