// Values in parts: here those longer than a thousand bytes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import { Encoding, header } from '@kohakuvault/packer/value';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  failureCode,
  failureOf,
  memoryVault,
  pattern,
  pieces,
  readAll,
  run,
  same,
  spools,
  tempVault,
} from './streams/support.ts';

const MAX = 1_000;
const MiB = 1024 * 1024;
const seed = Date.now();
console.log(`seed ${seed}`);

function vaults(options?: KVaultOptions): KVault[] {
  return [tempVault({ maxBlobBytes: MAX, ...options }).vault, memoryVault({ maxBlobBytes: MAX, ...options })];
}

/** Returns how many parts each key has. */
function partsOf({ database }: { database: Database.Database }): Record<string, number> {
  const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kohakuvault_parts_kv'").get();
  if (!isThere) return {};
  const sql = 'SELECT CAST(key AS TEXT), count(*) FROM kohakuvault_parts_kv GROUP BY key';
  return Object.fromEntries(database.prepare(sql).raw().all() as [string, number][]);
}

describe('a value in parts', () => {
  test('works like any other: get, listing, size, ranges, streams', async () => {
    for (const vault of vaults()) {
      const bytes = pattern(5_500);
      vault.set('a', 1).set('long', bytes).set('z', 'text');
      expect(partsOf(vault)).toEqual({ long: 6 });
      expect([vault.size, vault.has('long'), [...vault.keys()]]).toEqual([3, true, ['a', 'long', 'z']]);
      expect(vault.get('long')).toEqual(bytes);
      expect(vault.getMany(['z', 'long', 'none'])).toEqual(['text', bytes, undefined]);
      expect([...vault]).toEqual([
        ['a', 1],
        ['long', bytes],
        ['z', 'text'],
      ]);
      expect([...vault.values({ reverse: true })]).toEqual(['text', bytes, 1]);
      expect(await readAll(vault.createReadStream('long', { start: 990, end: 2_010 }))).toEqual(
        bytes.subarray(990, 2_011),
      );
      const target = join(tempVault().folder, 'target');
      expect(await vault.getToFile('long', target)).toBe(bytes.length);
      await vault.putFile('copy', target);
      expect(vault.pop('copy')).toEqual(bytes);
      expect(vault.delete('long')).toBe(true);
      expect([vault.has('long'), vault.get('long'), partsOf(vault)]).toEqual([false, undefined, {}]);
    }
  });

  test('may be packed, or bytes that look like a header', async () => {
    for (const vault of vaults()) {
      const values = ['x'.repeat(5_000), new Map([['a', 'y'.repeat(3_000)]]), new Float64Array(900).fill(0.5)];
      const bytes = Buffer.concat([header(Encoding.utf8), pattern(2_000)]);
      vault.setMany([...values, bytes].map((value, index) => [`${index}`, value]));
      await vault.putFile('put', bytes);
      expect(vault.getMany(['0', '1', '2', '3', 'put'])).toEqual([...values, bytes, bytes]);
      using blob = vault.openBlob('put');
      expect(blob.read(0, 9_999)).toEqual(bytes);
      expect(await failureCode(() => vault.openBlob('0'))).toBe('KV_INVALID_ARGUMENT');
    }
  });

  test('with auto-pack off, bytes are stored and returned unchanged', async () => {
    for (const vault of vaults({ autoPack: false })) {
      const bytes = Buffer.concat([header(Encoding.utf8), pattern(2_000)]);
      vault.set('set', bytes);
      await vault.putFile('put', bytes);
      expect([...vault.values()]).toEqual([bytes, bytes]);
    }
  });

  test('reads and writes of ranges equal those of an array, however the value was stored', async () => {
    const ways: Record<string, (vault: KVault, bytes: Buffer, file: string) => unknown> = {
      set: (vault, bytes) => vault.set('key', bytes),
      cache: (vault, bytes) => vault.cache(() => vault.set('key', bytes)),
      path: (vault, _, file) => vault.putFile('key', file),
      iterable: (vault, bytes) => vault.putFile('key', pieces(bytes, 333)),
      stream: (vault, bytes) =>
        new Promise((done, fail) => {
          vault.createWriteStream('key').on('error', fail).on('finish', done).end(bytes);
        }),
    };
    const file = join(tempVault().folder, 'source');
    const [onDisk, inMemory] = vaults({ chunkSize: 700 }) as [KVault, KVault];
    const size = fc.integer({ min: MAX + 1, max: 5_000 });
    const place = fc.integer({ min: 0, max: 5_000 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(ways)), size, place, place, async (way, size, start, length) => {
        const model = pattern(size, start + 1);
        writeFileSync(file, model);
        for (const vault of [onDisk, inMemory]) {
          await ways[way]?.(vault, model, file);
          expect(partsOf(vault)).toEqual({ key: Math.ceil(size / MAX) });
          using blob = vault.openBlob('key', { writable: true });
          expect(blob.size).toBe(size);
          expect(same(blob.read(start, length), model.subarray(start, start + length))).toBe(true);
          const bytes = pattern(Math.max(0, Math.min(length, size - start)), 7);
          if (start <= size) blob.write(start, bytes);
          const after = Buffer.from(model);
          if (start <= size) bytes.copy(after, start);
          const end = start + length - 1;
          const range = await readAll(vault.createReadStream('key', { start, end }));
          expect(same(range, after.subarray(start, end + 1))).toBe(true);
          expect(same(vault.get('key'), after)).toBe(true);
        }
      }),
      { seed, numRuns: 40 },
    );
  });

  test('is copied in a thread of its own if it is long, in parts of megabytes', async () => {
    const { vault, folder } = tempVault({ maxBlobBytes: 5 * MiB });
    const bytes = pattern(9 * MiB);
    writeFileSync(join(folder, 'source'), bytes);
    await vault.putFile('key', join(folder, 'source'));
    expect(partsOf(vault)).toEqual({ key: 9 });
    expect(same(vault.get('key'), bytes)).toBe(true);
    expect(same(await readAll(vault.createReadStream('key')), bytes)).toBe(true);
  });

  test('of many entries the last of a key counts, long or short', () => {
    for (const vault of vaults()) {
      const [short, long] = [Buffer.from('short'), pattern(3_000)];
      vault.setMany([
        ['a', short],
        ['a', long],
        ['b', long],
        ['b', short],
        ['c', long],
        ['c', short],
        ['c', long],
      ]);
      expect(vault.getMany(['a', 'b', 'c'])).toEqual([long, short, long]);
      expect(partsOf(vault)).toEqual({ a: 3, c: 3 });
    }
  });

  test('belongs to its transaction', () => {
    for (const vault of vaults()) {
      const [old, young] = [pattern(3_000), pattern(4_000, 2)];
      vault.set('key', old);
      expect(() =>
        vault.transaction(() => {
          vault.set('key', young).set('other', young);
          expect(vault.get('key')).toEqual(young);
          throw new Error('undo');
        }),
      ).toThrow('undo');
      expect([vault.get('key'), partsOf(vault)]).toEqual([old, { key: 3 }]);
    }
  });

  test('streams out as it was, whatever is written meanwhile; in memory a replacement is reported', async () => {
    const [onDisk, inMemory] = vaults({ chunkSize: 100 }) as [KVault, KVault];
    const [old, young] = [pattern(3_000), pattern(3_000, 2)];
    for (const vault of [onDisk, inMemory]) vault.set('key', old);
    const streams = [onDisk, inMemory].map((vault) => vault.createReadStream('key'));
    for (const vault of [onDisk, inMemory]) vault.set('key', young);
    expect(same(await readAll(streams[0] as never), old)).toBe(true);
    expect(await failureCode(() => readAll(streams[1] as never))).toBe('KV_STALE');
  });

  test('a handle notices if another connection has replaced it by one of the same length', async () => {
    const { vault, file } = tempVault({ maxBlobBytes: MAX });
    vault.set('key', pattern(3_000));
    using blob = vault.openBlob('key', { writable: true });
    const other = new Database(file);
    onTestFinished(() => void other.close());
    new KVault(other, { maxBlobBytes: MAX }).set('key', pattern(3_000, 2));
    expect(await failureCode(() => blob.read(0, 1))).toBe('KV_STALE');
    expect(await failureCode(() => blob.write(0, Buffer.from('x')))).toBe('KV_STALE');
    expect(vault.get('key')).toEqual(pattern(3_000, 2));
  });
});

describe('parts never outlive their value', () => {
  const LONG = pattern(3_000);

  test('however a vault replaces or removes it', async () => {
    const ways: Record<string, (vault: KVault) => unknown> = {
      delete: (vault) => vault.delete('key'),
      deleteMany: (vault) => vault.deleteMany(['key']),
      clear: (vault) => vault.clear(),
      pop: (vault) => vault.pop('key'),
      set: (vault) => vault.set('key', 1),
      setMany: (vault) => vault.setMany([['key', 1]]),
      putFile: (vault) => vault.putFile('key', Buffer.from('short')),
      cache: (vault) => vault.cache(() => vault.set('key', 1)),
      'cached delete': (vault) => vault.cache(() => vault.delete('key')),
    };
    for (const [name, way] of Object.entries(ways)) {
      for (const vault of vaults()) {
        vault.set('key', LONG).set('other', LONG);
        await way(vault);
        expect(partsOf(vault), name).toEqual(name === 'clear' ? {} : { other: 3 });
      }
    }
  });

  test('if a long value replaces another, only its own parts exist', async () => {
    for (const vault of vaults()) {
      for (const length of [3_000, 5_000, 2_000, 2_000]) {
        vault.set('key', pattern(length, length));
        expect(partsOf(vault)).toEqual({ key: length / MAX });
        expect(vault.get('key')).toEqual(pattern(length, length));
        await vault.putFile('key', pattern(length, 9));
        expect(partsOf(vault)).toEqual({ key: length / MAX });
        expect(vault.get('key')).toEqual(pattern(length, 9));
      }
    }
  });

  // What other programs do to the row. Both `key` and `other` have a long value.
  const none = { other: 3 };
  test.each<[string, Record<string, number>]>([
    ["DELETE FROM kv WHERE key = x'6b6579'", none],
    ['DELETE FROM kv', {}],
    ["UPDATE kv SET value = x'00' WHERE key = x'6b6579'", none],
    ["UPDATE kv SET value = CAST('text' AS TEXT) WHERE key = x'6b6579'", none],
    ["INSERT OR REPLACE INTO kv VALUES (x'6b6579', x'00')", none],
    ["REPLACE INTO kv (value, key) VALUES (x'00', x'6b6579')", none],
    ["INSERT INTO kv VALUES (x'6b6579', x'00') ON CONFLICT (key) DO UPDATE SET value = excluded.value", none],
    ["UPDATE OR REPLACE kv SET key = x'6b6579' WHERE key = x'61'", none],
    ["INSERT OR IGNORE INTO kv VALUES (x'6b6579', x'00')", { key: 3, ...none }],
    ["INSERT INTO kv VALUES (x'6b6579', x'00') ON CONFLICT DO NOTHING", { key: 3, ...none }],
    ["UPDATE kv SET value = value WHERE key = x'6b6579'", { key: 3, ...none }],
    ["UPDATE kv SET key = x'6e6577' WHERE key = x'6b6579'", { new: 3, ...none }],
  ])('by foreign SQL: %s', (sql, left) => {
    for (const recursive of ['OFF', 'ON']) {
      const { vault, file } = tempVault({ maxBlobBytes: MAX });
      vault.setMany([
        ['key', LONG],
        ['other', LONG],
        ['a', 1],
      ]);
      const other = new Database(file);
      onTestFinished(() => void other.close());
      other.pragma(`recursive_triggers = ${recursive}`);
      other.exec(sql);
      expect(partsOf({ database: other })).toEqual(left);
      for (const key of Object.keys(left)) expect(vault.get(key)).toEqual(LONG);
    }
  });

  test('a table that is created again begins without parts', () => {
    const { vault, file } = tempVault({ maxBlobBytes: MAX });
    vault.set('key', LONG);
    vault.close();
    const other = new Database(file);
    other.exec('DROP TABLE kv');
    other.close();
    using again = new KVault(file, { maxBlobBytes: MAX });
    expect(partsOf(again)).toEqual({});
    again.set('key', LONG);
    expect(again.get('key')).toEqual(LONG);
  });

  test('a source that fails leaves the old value, and no part of the new one', async () => {
    for (const vault of vaults()) {
      vault.set('key', LONG);
      const sources = [[LONG, 1], { size: 1, bytes: LONG }] as const;
      expect(await failureCode(() => vault.putFile('key', sources[0] as never))).toBe('KV_INVALID_ARGUMENT');
      expect(await failureCode(() => vault.putFile('key', LONG, { size: 1 }))).toBe('KV_INVALID_ARGUMENT');
      const onProgress = () => {
        throw new Error('enough');
      };
      await expect(vault.putFile('key', LONG, { chunkSize: 100, onProgress })).rejects.toThrow('enough');
      expect([vault.get('key'), partsOf(vault)]).toEqual([LONG, { key: 3 }]);
    }
  });

  test.each([
    ['path', 4 * MiB],
    ['path', 20 * MiB],
    ['iterable', 4 * MiB],
  ])('a process that is killed while it stores a %s (%i bytes) leaves only the old value', async (way, size) => {
    const { vault, folder, file } = tempVault({ maxBlobBytes: MAX });
    vault.set('key', LONG);
    expect((await run('dies.ts', [file, way, String(size), String(MiB)])).signal).toBe('SIGKILL');
    using again = new KVault(file);
    expect([again.get('key'), partsOf(again)]).toEqual([LONG, { key: 3 }]);
    expect(spools(folder)).toEqual([]);
    expect(again.database.pragma('integrity_check', { simple: true })).toBe('ok');
  });
});

describe('damage', () => {
  test.each([
    ['a part that is gone', 'DELETE FROM kohakuvault_parts_kv WHERE part = 1'],
    ['a part that is short', "UPDATE kohakuvault_parts_kv SET data = x'00' WHERE part = 2"],
    ['no parts at all', 'DELETE FROM kohakuvault_parts_kv'],
    ['no table of parts', 'DROP TABLE kohakuvault_parts_kv'],
  ])('%s throws KV_CORRUPT with the key, never gives zeros, and leaves the rest readable', async (_, sql) => {
    for (const vault of vaults({ chunkSize: 100 })) {
      vault.set('a', 1).set('key', pattern(3_000)).set('z', 2);
      vault.database.exec(sql);
      const works = [
        () => vault.get('key'),
        () => [...vault.values()],
        () => readAll(vault.createReadStream('key')),
        () => vault.openBlob('key').read(0, 3_000),
        () => vault.openBlob('key', { writable: true }).write(0, pattern(3_000)),
      ];
      for (const work of works) {
        const error = await failureOf(work);
        expect(error.code).toBe('KV_CORRUPT');
        expect(error.message).toContain('"key"');
      }
      expect([vault.get('a'), vault.get('z'), vault.has('key'), vault.size]).toEqual([1, 2, true, 3]);
      // It can be overwritten, and is complete again.
      vault.set('key', pattern(2_000));
      expect([vault.get('key'), partsOf(vault)]).toEqual([pattern(2_000), { key: 2 }]);
    }
  });

  test('a manifest with a size beyond the memory is refused, with what to do', async () => {
    const [vault] = vaults() as [KVault];
    vault.set('key', pattern(3_000));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(2n ** 52n);
    vault.database
      .prepare('UPDATE kv SET value = CAST(substr(value, 1, 10) || ? || substr(value, 19) AS BLOB)')
      .run(size);
    const error = await failureOf(() => vault.get('key'));
    expect([error.code, error.message]).toEqual(['KV_INVALID_ARGUMENT', expect.stringContaining('createReadStream')]);
    using blob = vault.openBlob('key');
    expect(blob.read(0, 3_000)).toEqual(pattern(3_000));
  });

  test('bytes that look like a manifest are ordinary bytes', async () => {
    const manifest = Buffer.concat([header(Encoding.manifest), Buffer.alloc(28, 1)]);
    for (const vault of vaults()) {
      vault.set('set', manifest);
      await vault.putFile('put', manifest);
      vault.set('long', pattern(3_000));
      expect(vault.getMany(['set', 'put'])).toEqual([manifest, manifest]);
      // As other programs store them, without a header: they can only be damage, or ordinary bytes.
      vault.disableAutoPack();
      vault.set('bare', manifest);
      expect(vault.get('bare')).toEqual(manifest);
      using blob = vault.openBlob('bare');
      expect(blob.read(0, 100)).toEqual(manifest);
      vault.enableAutoPack();
      expect(await failureCode(() => vault.get('bare'))).toBe('KV_CORRUPT');
      expect(await failureCode(() => vault.openBlob('bare'))).toBe('KV_CORRUPT');
    }
  });
});

test('maxBlobBytes is checked', async () => {
  for (const maxBlobBytes of [0, 63, 1e9, 1.5, '1000', null]) {
    expect(await failureCode(() => memoryVault({ maxBlobBytes } as never))).toBe('KV_INVALID_ARGUMENT');
  }
});
