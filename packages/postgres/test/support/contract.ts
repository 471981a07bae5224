import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { KVault } from '@kohakuvault/kvault';
import { type ErrorCode, KohakuVaultError } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES, FORCED } from '../../../packer/test/support/examples.ts';
import { difference } from '../../../packer/test/support/same.ts';
import type { AnyVault, Place, SharedOptions } from './places.ts';

/** Registers the tests that a dict passes wherever it is stored. */
export function testAsyncKVault(make: () => Promise<Place>): void {
  let place: Place;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());

  const fresh = (options?: SharedOptions) => place.open(`v${count++}`, options);
  const filled = async (entries: Record<string, unknown>, options?: SharedOptions) => {
    const vault = await fresh(options);
    await vault.update(entries);
    return vault;
  };
  const all = (vault: AnyVault): Promise<[unknown, unknown][]> => collect(vault.entries());

  describe('values', () => {
    test('of every type come back as a local vault gives them, from the same bytes', async () => {
      using twin = new KVault(':memory:');
      const name = `v${count++}`;
      const vault = await place.open(name);
      for (const [key, value] of EXAMPLES) twin.set(key, value);
      for (const [key, { given }] of FORCED) twin.set(`forced ${key}`, given);
      await vault.setMany(EXAMPLES);
      await vault.setMany(Array.from(FORCED, ([key, { given }]) => [`forced ${key}`, given] as const));
      for await (const [key, value] of vault) {
        expect(difference(value, twin.get(key)), String(key)).toBeUndefined();
      }
      expect(await vault.size()).toBe(twin.size);
      twin.disableAutoPack();
      const bare = await place.open(name, { autoPack: false });
      for await (const [key, stored] of bare) expect(stored.equals(twin.get(key)), String(key)).toBe(true);
    });

    test('are set and read one by one', async () => {
      const vault = await fresh();
      await vault.set('a', { n: 1 });
      await vault.set('a', { n: 2 });
      await vault.set('', new Uint8Array());
      expect(await vault.get('a')).toEqual({ n: 2 });
      expect(await vault.get('')).toEqual(Buffer.alloc(0));
      expect(await vault.get('b')).toBeUndefined();
      expect(await vault.get('b', 7)).toBe(7);
      expect(await vault.getOrThrow('a')).toEqual({ n: 2 });
      await rejects('KV_NOT_FOUND', () => vault.getOrThrow('b'));
      expect([await vault.has('a'), await vault.has('b')]).toEqual([true, false]);
    });

    test('are stored as they were when set was called', async () => {
      const vault = await fresh();
      const bytes = Buffer.from('before');
      const stored = vault.set('a', bytes);
      bytes.write('after!');
      await stored;
      expect(String(await vault.get('a'))).toBe('before');
    });

    test('have the length that sizeOf tells', async () => {
      const vault = await filled({ bytes: Buffer.alloc(300), text: 'äöü', like: Buffer.from([0x89, 0x4b, 1, 2]) });
      using twin = new KVault(':memory:');
      for (const [key, value] of await all(vault)) twin.set(key as string, value);
      for (const key of ['bytes', 'text', 'like']) expect(await vault.sizeOf(key), key).toBe(twin.sizeOf(key));
      expect(await vault.sizeOf('none')).toBeUndefined();
    });

    test('longer than a row are values like others', async () => {
      const vault = await fresh({ maxBlobBytes: 64 });
      const long = Buffer.alloc(300_000, 'long');
      const text = 'x'.repeat(1_000);
      await vault.set('a', long);
      await vault.setMany([
        ['b', text],
        ['c', 1],
        ['d', { text }],
      ]);
      expect(digest(await vault.get('a'))).toBe(digest(long));
      expect(await vault.getMany(['d', 'a', 'c', 'none'])).toEqual([{ text }, long, 1, undefined]);
      expect(await all(vault)).toEqual([
        ['a', long],
        ['b', text],
        ['c', 1],
        ['d', { text }],
      ]);
      expect(await vault.sizeOf('a')).toBe(300_000);
      expect(await vault.setDefault('b', 0)).toBe(text);
      expect(await vault.setDefault('e', long)).toEqual(long);
      expect(await vault.pop('a')).toEqual(long);
      await vault.rename('b', 'c');
      expect(await vault.toArray({ prefix: 'c' })).toEqual([['c', text]]);
      await vault.set('c', 2);
      expect(await vault.get('c')).toBe(2);
      await vault.clear();
      expect(await vault.size()).toBe(0);
    });

    test('have the encoding of the table, which another one is refused for', async () => {
      const name = `v${count++}`;
      const json = await place.open(name, { valueEncoding: 'json' });
      await json.set('a', { b: [1] });
      expect(await json.get('a')).toEqual({ b: [1] });
      await rejects('KV_INVALID_ARGUMENT', () => json.set('a', 1n));
      await rejects('KV_INVALID_ARGUMENT', async () => json.enableHeaders());
      await rejects('KV_INVALID_ARGUMENT', () => place.open(name));
      await rejects('KV_INVALID_ARGUMENT', () => place.open(name, { valueEncoding: 'utf8' }));
      expect(json.valueEncoding).toBe('json');
      const texts = await fresh({ valueEncoding: 'utf8' });
      await texts.set('a', 'ä');
      expect(await texts.get('a')).toBe('ä');
      const own = await fresh({
        valueEncoding: {
          name: 'hex',
          encode: (value: string) => Buffer.from(value, 'hex'),
          decode: (bytes) => bytes.toString('hex'),
        },
      });
      await own.set('a', 'c0ffee');
      expect(await own.get('a')).toBe('c0ffee');
    });

    test('share structures with the encodings that have them', async () => {
      for (const valueEncoding of ['msgpack', 'cbor'] as const) {
        const name = `v${count++}`;
        const [one, other] = [await place.open(name, { valueEncoding }), await place.open(name, { valueEncoding })];
        const rows = Array.from({ length: 50 }, (_, n) => ({ id: n, title: `row ${n}`, seen: n % 2 === 0 }));
        await one.setMany(rows.map((row) => [`r${String(row.id).padStart(2, '0')}`, row] as const));
        await other.set('s', { other: 1, keys: 2 });
        await one.set('t', { a: { nested: [{ b: 1 }, { b: 2 }] } });
        expect(await other.getMany({ prefix: 'r' })).toEqual(rows);
        expect(await one.get('s')).toEqual({ other: 1, keys: 2 });
        expect(await collect(other.values({ prefix: 't' }))).toEqual([{ a: { nested: [{ b: 1 }, { b: 2 }] } }]);
        expect(await one.setDefault('s', 0)).toEqual({ other: 1, keys: 2 });
        // Without their keys, rows of one shape take fewer bytes than their JSON.
        expect(await one.sizeOf('r00')).toBeLessThan(30);
        await rejects('KV_INVALID_ARGUMENT', () => one.set('u', () => 1));
      }
    });

    test('are bytes without auto-packing, and without headers', async () => {
      const vault = await fresh({ headers: false });
      await vault.set('a', { n: 1 });
      expect(Buffer.isBuffer(await vault.get('a'))).toBe(true);
      vault.enableAutoPack();
      expect([vault.autoPackEnabled, vault.headersEnabled]).toEqual([true, true]);
      vault.disableAutoPack();
      await rejects('KV_INVALID_ARGUMENT', () => vault.set('b', { n: 1 }));
      await vault.set('b', Buffer.from('raw'));
      expect(await vault.get('b')).toEqual(Buffer.from('raw'));
    });
  });

  describe('keys', () => {
    test('are ordered by their bytes, and come back as strings or Buffers', async () => {
      const name = `v${count++}`;
      const vault = await place.open(name);
      const keys = ['', 'a', 'aa', 'b', 'B', 'ä', '\u{1f600}', 'é', '\0', '~'];
      await vault.setMany(keys.map((key) => [key, key]));
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await collect(vault.keys())).toEqual(sorted);
      expect(await collect(vault.keys({ reverse: true }))).toEqual(sorted.toReversed());
      const bytes = await place.open(name, { keyEncoding: 'bytes' });
      await bytes.set(Buffer.from([0xff, 0xfe]), 1);
      expect((await collect(bytes.keys())).at(-1)).toEqual(Buffer.from([0xff, 0xfe]));
      await rejects('KV_CORRUPT', () => collect(vault.keys()));
      expect(await vault.get(Buffer.from([0xff, 0xfe]))).toBe(1);
      expect(await vault.get(new Uint16Array([0xfeff]).buffer)).toBe(1);
    });

    test('are selected by ranges', async () => {
      const vault = await filled({ a: 1, ab: 2, abc: 3, b: 4, c: 5 });
      const of = async (range: Parameters<AnyVault['keys']>[0]) => (await collect(vault.keys(range))).join();
      expect(await of('ab')).toBe('ab,abc');
      expect(await of({ prefix: 'a', lt: 'abc' })).toBe('a,ab');
      expect(await of({ gt: 'a', lte: 'b' })).toBe('ab,abc,b');
      expect(await of({ gte: 'ab', reverse: true, limit: 2 })).toBe('c,b');
      expect(await of({ limit: 0 })).toBe('');
      expect(await of({ gt: 'z' })).toBe('');
      expect(await vault.count('a')).toBe(3);
      expect(await vault.count({ gt: 'a', limit: 2 })).toBe(2);
      expect(await vault.count()).toBe(5);
      expect(await vault.getMany({ prefix: 'ab' })).toEqual([2, 3]);
      expect(await vault.toArray({ gte: 'b', reverse: true })).toEqual([
        ['c', 5],
        ['b', 4],
      ]);
      expect(await collect(vault.values({ lt: 'b' }))).toEqual([1, 2, 3]);
      expect(await vault.deleteRange({ prefix: 'ab', limit: 1 })).toBe(1);
      expect(await vault.deleteRange('ab')).toBe(1);
      expect(await of(undefined)).toBe('a,b,c');
      await rejects('KV_INVALID_ARGUMENT', () => vault.deleteRange(undefined as never));
      await rejects('KV_INVALID_ARGUMENT', () => of({ gt: 'a', gte: 'a' }));
      await rejects('KV_INVALID_ARGUMENT', () => of({ limit: -1 }));
    });

    test('are iterated page by page, while others are written', async () => {
      const vault = await fresh();
      await vault.setMany(Array.from({ length: 700 }, (_, n) => [`k${String(n).padStart(4, '0')}`, n] as const));
      const seen: number[] = [];
      for await (const [key, value] of vault.entries()) {
        seen.push(value);
        if (value % 100 === 0) await vault.set(`${key}!`, -1);
        if (value === 10) await vault.delete('k0699');
      }
      expect(seen.filter((value) => value >= 0)).toEqual(Array.from({ length: 699 }, (_, n) => n));
      expect(await vault.size()).toBe(706);
    });
  });

  describe('writes', () => {
    test('of many entries are one, of which the last of each key stays', async () => {
      const vault = await fresh();
      expect(await vault.setMany(Array.from({ length: 1_000 }, (_, n) => [`k${n % 900}`, n] as const))).toBe(1_000);
      expect(await vault.size()).toBe(900);
      expect(await vault.getMany(['k0', 'k899', 'k0', 'none'])).toEqual([900, 899, 900, undefined]);
      expect(await vault.setMany([])).toBe(0);
      expect(await vault.getMany([])).toEqual([]);
      await vault.update(new Map([['k0', 'new']]));
      expect(await vault.get('k0')).toBe('new');
    });

    test('that are refused change nothing', async () => {
      const vault = await filled({ a: 1 });
      const refused: Record<string, () => unknown> = {
        'a key that is a number': () => vault.set(1 as never, 1),
        'a key with half of a surrogate pair': () => vault.set('\ud800', 1),
        'a value that is a function': () => vault.set('a', () => 1),
        'undefined as a value': () => vault.set('a', undefined),
        'one of many': () =>
          vault.setMany([
            ['a', 2],
            ['b', Symbol('value')],
          ]),
        'many that are none': () => vault.setMany(5 as never),
        'an entry that is not a pair': () => vault.setMany([['a'] as never]),
        'update of a text': () => vault.update('ab' as never),
        'deleteMany with a wrong key': () => vault.deleteMany(['a', {} as never]),
        'keys that are a text': () => vault.getMany('ab'),
        'a key that is too long': () => vault.set('x'.repeat(2 ** 20 + 1), 1),
      };
      for (const [name, call] of Object.entries(refused)) {
        await rejects('KV_INVALID_ARGUMENT', call, name);
        expect(await all(vault), name).toEqual([['a', 1]]);
      }
    });

    test('delete, pop, setDefault and rename tell what was there', async () => {
      const vault = await filled({ a: 1, b: 2, c: 3 });
      expect([await vault.delete('a'), await vault.delete('a')]).toEqual([true, false]);
      expect(await vault.deleteMany(['b', 'none', 'b'])).toBe(1);
      expect(await vault.pop('c')).toBe(3);
      expect(await vault.pop('c')).toBeUndefined();
      expect(await vault.pop('c', 'gone')).toBe('gone');
      expect([await vault.setDefault('d', 4), await vault.setDefault('d', 5)]).toEqual([4, 4]);
      await vault.rename('d', 'e');
      await vault.rename('e', 'e');
      await rejects('KV_NOT_FOUND', () => vault.rename('d', 'f'));
      expect(await all(vault)).toEqual([['e', 4]]);
      await vault.set('f', 6);
      await vault.rename('f', 'e');
      expect(await all(vault)).toEqual([['e', 6]]);
      await vault.clear();
      expect(await all(vault)).toEqual([]);
    });
  });

  describe('streams', () => {
    const long = Buffer.from(Array.from({ length: 1_300_001 }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
    const pieces = function* (size = 99_999) {
      for (let at = 0; at < long.length; at += size) yield long.subarray(at, at + size);
    };

    test('store every kind of source, and give the same bytes', async () => {
      const vault = await fresh({ maxBlobBytes: 300_000 });
      const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-stream-'));
      try {
        const path = join(folder, 'source');
        writeFileSync(path, long);
        const sources: Record<string, () => Parameters<AnyVault['putFile']>[1]> = {
          path: () => path,
          bytes: () => long,
          Blob: () => new Blob([long]),
          Readable: () => Readable.from(pieces()),
          iterable: () => pieces(1_000_000),
          ReadableStream: () => new Blob([long]).stream() as never,
        };
        for (const [name, source] of Object.entries(sources)) {
          const done: number[] = [];
          expect(await vault.putFile(name, source(), { onProgress: (bytes) => done.push(bytes) }), name).toBe(
            long.length,
          );
          expect(done.at(-1), name).toBe(long.length);
          expect(digest(await vault.get(name)), name).toBe(digest(long));
          const target = join(folder, `target ${name}`);
          expect(await vault.getToFile(name, target), name).toBe(long.length);
          expect(digest(readFileSync(target)), name).toBe(digest(long));
        }
        await vault.putFile('short', Buffer.from('short'));
        expect(String(await vault.get('short'))).toBe('short');
        await vault.putFile('empty', Buffer.alloc(0));
        expect(await vault.get('empty')).toEqual(Buffer.alloc(0));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    test('give ranges', async () => {
      const vault = await fresh({ maxBlobBytes: 300_000 });
      await vault.putFile('long', long);
      await vault.set('short', Buffer.from('0123456789'));
      const ranges = [
        [0, 0],
        [262_143, 262_144],
        [262_144, 524_287],
        [100, 1_200_000],
        [1_299_999, 2_000_000],
        [5, 4],
      ] as const;
      for (const [start, end] of ranges) {
        const bytes = await buffer(vault.createReadStream('long', { start, end }));
        expect(digest(bytes), `${start} to ${end}`).toBe(digest(long.subarray(start, end + 1)));
      }
      expect(String(await buffer(vault.createReadStream('short', { start: 3, end: 5 })))).toBe('345');
      expect((await buffer(vault.createReadStream('long'))).equals(long)).toBe(true);
      await rejects('KV_INVALID_ARGUMENT', async () => vault.createReadStream('long', { start: 5, end: 3 }));
      await rejects('KV_NOT_FOUND', () => buffer(vault.createReadStream('none')));
      await rejects('KV_NOT_FOUND', () => vault.getToFile('none', join(tmpdir(), 'never')));
    });

    test('in are all or nothing', async () => {
      const vault = await fresh({ maxBlobBytes: 300_000 });
      await vault.putFile('a', Buffer.from('old'));
      const still = async (what: string) => expect(String(await vault.get('a')), what).toBe('old');
      await rejects('KV_INVALID_ARGUMENT', () => vault.putFile('a', pieces(), { size: 5 }));
      await still('too long');
      await rejects('KV_INVALID_ARGUMENT', () => vault.putFile('a', pieces(), { size: long.length + 1 }));
      await still('too short');
      const failing = async function* () {
        yield* pieces();
        throw new RangeError('the source failed');
      };
      await expect(vault.putFile('a', failing())).rejects.toThrow('the source failed');
      await still('failed source');
      const abort = new AbortController();
      const aborting = vault.putFile('a', pieces(), {
        signal: abort.signal,
        onProgress: () => abort.abort(new Error('enough')),
      });
      await expect(aborting).rejects.toThrow('enough');
      await still('aborted');
      const stream = vault.createWriteStream('a');
      stream.write(long);
      stream.destroy(new Error('given up'));
      await expect(finished(stream)).rejects.toThrow('given up');
      await still('destroyed stream');
      await pipeline(Readable.from(pieces()), vault.createWriteStream('a', { size: long.length }));
      expect(digest(await vault.get('a'))).toBe(digest(long));
      await rejects('KV_INVALID_ARGUMENT', () => vault.putFile('a', 5 as never));
    });

    test('keep bytes that begin like a header, and refuse packed values', async () => {
      const vault = await fresh({ maxBlobBytes: 300_000 });
      const like = Buffer.concat([Buffer.from([0x89, 0x4b, 1, 2, 0, 0, 0, 0, 0x56, 0x4b]), long]);
      for (const [key, bytes] of [
        ['long', like],
        ['short', like.subarray(0, 100)],
      ] as const) {
        await vault.putFile(key, bytes);
        expect(digest(await vault.get(key)), key).toBe(digest(bytes));
        expect(digest(await buffer(vault.createReadStream(key))), key).toBe(digest(bytes));
        expect(digest(await buffer(vault.createReadStream(key, { start: 1 }))), key).toBe(digest(bytes.subarray(1)));
        expect(await vault.sizeOf(key), key).toBe(bytes.length);
        await using blob = await vault.openBlob(key);
        expect([blob.size, digest(await blob.read(2, 50))], key).toEqual([bytes.length, digest(bytes.subarray(2, 52))]);
      }
      await vault.set('packed', { a: 1 });
      await rejects('KV_INVALID_ARGUMENT', () => buffer(vault.createReadStream('packed')));
      await rejects('KV_INVALID_ARGUMENT', () => vault.openBlob('packed'));
      const json = await fresh({ valueEncoding: 'json' });
      await rejects('KV_INVALID_ARGUMENT', () => json.putFile('a', long));
    });

    test('handles read and write in place', async () => {
      const vault = await fresh({ maxBlobBytes: 300_000 });
      await vault.putFile('long', long);
      await vault.set('short', Buffer.from('0123456789'));
      for (const [key, bytes] of [
        ['long', Buffer.from(long)],
        ['short', Buffer.from('0123456789')],
      ] as const) {
        const blob = await vault.openBlob(key, { writable: true });
        const at = key === 'long' ? 262_140 : 4;
        expect(await blob.write(at, Buffer.from('seek'))).toBe(4);
        bytes.write('seek', at);
        expect(await blob.read(at - 2, 8)).toEqual(bytes.subarray(at - 2, at + 6));
        const memory = new Uint8Array(6);
        expect(await blob.readInto(memory, bytes.length - 3)).toBe(3);
        expect(Buffer.from(memory.subarray(0, 3))).toEqual(bytes.subarray(-3));
        expect(await blob.read(bytes.length + 5, 10)).toEqual(Buffer.alloc(0));
        await rejects('KV_INVALID_ARGUMENT', () => blob.write(bytes.length - 1, Buffer.from('ab')));
        await rejects('KV_INVALID_ARGUMENT', () => blob.read(-1, 1));
        expect(digest(await vault.get(key)), key).toBe(digest(bytes));
        await vault.set(key, 'replaced by something else');
        await rejects('KV_STALE', () => blob.read(0, 1));
        await blob.close();
        await rejects('KV_CLOSED', () => blob.read(0, 1));
      }
      await vault.set('a', Buffer.from('abc'));
      await using readonly = await vault.openBlob('a');
      await rejects('KV_READONLY', () => readonly.write(0, Buffer.from('x')));
      await vault.delete('a');
      await rejects('KV_STALE', () => readonly.read(0, 1));
      await rejects('KV_NOT_FOUND', () => vault.openBlob('a'));
    });
  });

  test('options are checked', async () => {
    await rejects('KV_INVALID_ARGUMENT', () => fresh({ keyEncoding: 'latin1' } as never));
    await rejects('KV_INVALID_ARGUMENT', () => fresh({ autopack: true } as never));
    await rejects('KV_INVALID_ARGUMENT', () => fresh({ headers: true, valueEncoding: 'json' }));
    await rejects('KV_INVALID_ARGUMENT', () => place.open(5 as never));
  });

  test('a closed vault refuses every call', async () => {
    const vault = await filled({ a: 1 });
    const iterator = vault.entries();
    await vault.close();
    await vault.close();
    expect(vault.open).toBe(false);
    const calls: Record<string, () => unknown> = {
      get: () => vault.get('a'),
      getMany: () => vault.getMany(['a']),
      has: () => vault.has('a'),
      set: () => vault.set('a', 1),
      setMany: () => vault.setMany([['a', 1]]),
      delete: () => vault.delete('a'),
      size: () => vault.size(),
      iterate: () => iterator.next(),
      putFile: () => vault.putFile('a', Buffer.alloc(1)),
      createReadStream: () => buffer(vault.createReadStream('a')),
      openBlob: () => vault.openBlob('a'),
    };
    for (const [name, call] of Object.entries(calls)) await rejects('KV_CLOSED', call, name);
  });
}

/** Asserts that a call throws, or its promise is rejected, with the code. */
export async function rejects(code: ErrorCode, call: () => unknown, what = String(call)): Promise<KohakuVaultError> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (!(error instanceof KohakuVaultError)) throw new Error(`${what}: got ${error}`, { cause: error });
    expect(error.code, `${what}: ${error.message}`).toBe(code);
    return error;
  }
  throw new Error(`${what}: expected ${code}, got ${String(result)}`);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
