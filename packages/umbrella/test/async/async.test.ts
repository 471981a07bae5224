// Vaults in a thread of their own: the same results and errors as in this thread, and this thread is free meanwhile.
import { once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { KVault } from '@kohakuvault/kvault';
import { type AsyncStore, Json, KohakuVaultError, open } from 'kohakuvault/async';
import { describe, expect, onTestFinished, test } from 'vitest';
import { promised } from '../../../../tools/testing/src/promised.ts';
import { tempFile, tempFolder } from '../../../../tools/testing/src/temp.ts';
import { turnsMoreThan } from '../../../../tools/testing/src/turns.ts';

async function opened(file = tempFile(), options?: Parameters<typeof open>[1]): Promise<AsyncStore> {
  const store = await open(file, options);
  onTestFinished(() => store.close());
  return store;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof KohakuVaultError) return error.code;
    throw error;
  }
  throw new Error('it did not fail');
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a dict', () => {
  test('has the calls of KVault, and every value comes back as from there', async () => {
    const store = await opened();
    await using kv = await store.kvault();
    const shared = { n: 1 };
    const values = {
      number: -0,
      bigint: 5n,
      bytes: Buffer.from('bytes'),
      empty: Buffer.alloc(0),
      text: 'text\ud800',
      nothing: null,
      structure: { date: new Date(7), map: new Map([[1, new Set(['a'])]]), again: [shared, shared], hole: undefined },
      floats: Float32Array.of(1.5, 2),
      error: Object.assign(new RangeError('no'), { detail: 7 }),
      like: { '\u0000': 1 },
    };
    for (const [key, value] of Object.entries(values)) await kv.set(key, value);
    using local = new KVault(store.path);
    for (const [key, value] of Object.entries(values)) {
      expect(await kv.get(key)).toEqual(local.get(key));
      expect(await kv.get(key)).toEqual(value);
    }
    expect(Buffer.isBuffer(await kv.get('bytes'))).toBe(true);
    const structure = await kv.get('structure');
    expect(structure.again[0]).toBe(structure.again[1]);
    await kv.set('json', new Json({ a: 1 }));
    expect([await kv.get('json'), await kv.sizeOf('json')]).toEqual([{ a: 1 }, local.sizeOf('json')]);
    expect(await kv.size()).toBe(11);
  });

  test('reads and writes as the synchronous one', async () => {
    const store = await opened();
    const kv = await store.kvault<number>('numbers');
    expect(
      await kv.setMany([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ] as const),
    ).toBe(3);
    await kv.update({ d: 4 });
    expect([await kv.get('x'), await kv.get('x', 'none'), await kv.has('a')]).toEqual([undefined, 'none', true]);
    expect(await kv.getMany(['a', 'x', 'c'])).toEqual([1, undefined, 3]);
    expect(await kv.getMany({ gte: 'c' })).toEqual([3, 4]);
    expect(await kv.toArray({ reverse: true, limit: 2 })).toEqual([
      ['d', 4],
      ['c', 3],
    ]);
    expect([await kv.count('a'), await kv.pop('a'), await kv.delete('a'), await kv.delete('b')]).toEqual([
      1,
      1,
      false,
      true,
    ]);
    await kv.rename('c', 'z');
    expect(await kv.setDefault('z', 9)).toBe(3);
    expect([await all(kv.keys()), await all(kv.values())]).toEqual([
      ['d', 'z'],
      [4, 3],
    ]);
    expect(await all(kv)).toEqual([
      ['d', 4],
      ['z', 3],
    ]);
    expect([await kv.deleteMany(['d', 'x']), await kv.deleteRange('z'), await kv.size()]).toEqual([1, 1, 0]);
    await kv.setMany(Array.from({ length: 2_000 }, (_, nth) => [`${nth}`.padStart(5, '0'), nth] as const));
    let sum = 0;
    for await (const [, value] of kv.entries({ lt: '01000' })) sum += value;
    expect(sum).toBe(499_500);
    for await (const _ of kv.keys()) break;
    await kv.clear();
    expect(await kv.size()).toBe(0);
    expect([kv.table, kv.valueEncoding, kv.autoPackEnabled, kv.headersEnabled, kv.open]).toEqual([
      'numbers',
      'auto',
      true,
      true,
      true,
    ]);
    await kv.close();
    expect([kv.open, await codeOf(kv.get('a'))]).toEqual([false, 'KV_CLOSED']);
  });

  test('switches of packing are in order with the calls around them', async () => {
    const kv = await (await opened()).kvault<unknown, 'utf8', boolean>();
    await kv.set('packed', { a: 1 });
    kv.disableAutoPack();
    const stored = kv.get('packed');
    kv.enableAutoPack();
    expect([Buffer.isBuffer(await stored), await kv.get('packed')]).toEqual([true, { a: 1 }]);
  });

  test('other encodings, and bytes as keys', async () => {
    const store = await opened();
    const kv = await store.kvault('rows', { valueEncoding: 'msgpack', keyEncoding: 'bytes' });
    for (let id = 0; id < 20; id++) await kv.set(`row ${id}`, { id, name: 'n' });
    expect(await kv.get('row 7')).toEqual({ id: 7, name: 'n' });
    for await (const key of kv.keys({ limit: 1 })) expect(Buffer.isBuffer(key)).toBe(true);
    const hex = {
      name: 'hex',
      encode: (value: string) => Buffer.from(value, 'hex'),
      decode: (bytes: Buffer) => bytes.toString('hex'),
    };
    const own = await store.kvault('own', { valueEncoding: hex });
    await own.set('a', 'c0ffee');
    expect([await own.get('a'), await own.sizeOf('a'), own.valueEncoding]).toEqual(['c0ffee', 3, 'hex']);
  });

  test('errors have their class and code, and nothing is thrown at once', async () => {
    const kv = await (await opened()).kvault();
    const cases: Record<string, [() => Promise<unknown>, string]> = {
      missing: [() => kv.getOrThrow('x'), 'KV_NOT_FOUND'],
      renamed: [() => kv.rename('x', 'y'), 'KV_NOT_FOUND'],
      key: [() => kv.set(5 as never, 1), 'KV_INVALID_ARGUMENT'],
      value: [() => kv.set('a', () => 1), 'KV_INVALID_ARGUMENT'],
      symbol: [() => kv.set('a', { b: Symbol('c') }), 'KV_INVALID_ARGUMENT'],
      nothing: [() => kv.set('a', undefined), 'KV_INVALID_ARGUMENT'],
      pairs: [() => kv.setMany([['a']] as never), 'KV_INVALID_ARGUMENT'],
      range: [() => kv.count({ gt: 'a', gte: 'a' }), 'KV_INVALID_ARGUMENT'],
    };
    for (const [name, [work, code]] of Object.entries(cases)) expect(await codeOf(work()), name).toBe(code);
    await expect(kv.getOrThrow('x')).rejects.toThrow('kv has no key "x"');
    expect(await kv.size()).toBe(0);
  });
});

describe('streams', () => {
  const bytes = Buffer.alloc(3_000_000, 'some bytes of a long value');

  test('every source and every target', async () => {
    const folder = tempFolder();
    const kv = await (await opened()).kvault('kv', { maxBlobBytes: 100_000 });
    const path = join(folder, 'source');
    writeFileSync(path, bytes);
    const handle = await openFile(path);
    const sources = {
      path,
      bytes,
      blob: new Blob([bytes]),
      stream: createReadStream(path),
      iterable: [bytes.subarray(0, 5), bytes.subarray(5)],
      handle,
    };
    for (const [name, source] of Object.entries(sources)) {
      const seen: number[] = [];
      expect(await kv.putFile(name, source, { onProgress: (done) => void seen.push(done) }), name).toBe(bytes.length);
      expect(seen.at(-1), name).toBe(bytes.length);
      expect((await kv.get(name)).equals(bytes), name).toBe(true);
    }
    await handle.close();
    const targets = { path: join(folder, 'a'), stream: createWriteStream(join(folder, 'b')) };
    for (const target of Object.values(targets)) expect(await kv.getToFile('path', target)).toBe(bytes.length);
    for (const name of ['a', 'b']) expect(readFileSync(join(folder, name)).equals(bytes)).toBe(true);
    const written = kv.createWriteStream('written');
    written.write(bytes.subarray(0, 10));
    written.end(bytes.subarray(10));
    await once(written, 'finish');
    const chunks = await all<Buffer>(kv.createReadStream('written', { start: 5, end: 99_999 }));
    expect(Buffer.concat(chunks).equals(bytes.subarray(5, 100_000))).toBe(true);
    await using blob = await kv.openBlob('written', { writable: true });
    await blob.write(0, Buffer.from('SOME'));
    const target = new Uint8Array(4);
    expect([blob.size, await blob.readInto(target, 0)]).toEqual([bytes.length, 4]);
    expect([Buffer.from(target).toString(), String(await blob.read(0, 4))]).toEqual(['SOME', 'SOME']);
  });

  test('a source that fails, a signal, and a missing key leave everything as it was', async () => {
    const store = await opened();
    const kv = await store.kvault();
    await kv.set('key', 'old');
    async function* failing() {
      yield bytes;
      throw new Error('the source failed');
    }
    await expect(kv.putFile('key', failing())).rejects.toThrow('the source failed');
    const ending = new AbortController();
    const aborted = kv.putFile('key', [bytes, bytes], {
      signal: ending.signal,
      onProgress: () => ending.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    const stream = kv.createWriteStream('key');
    stream.write(bytes);
    stream.destroy();
    await once(stream, 'close');
    expect(await codeOf(kv.putFile('key', 5 as never))).toBe('KV_INVALID_ARGUMENT');
    expect(await codeOf(kv.putFile('key', '/no/such/file'))).toBe('KV_IO');
    expect(await codeOf(all(kv.createReadStream('none')))).toBe('KV_NOT_FOUND');
    expect([await kv.get('key'), await kv.size()]).toEqual(['old', 1]);
  });

  test('that wait for this thread are refused when the store closes, and what has its bytes is stored', async () => {
    const store = await open(tempFile());
    const kv = await store.kvault('kv', { maxBlobBytes: 100_000 });
    await kv.set('key', bytes);
    const waiting = promised();
    async function* silent() {
      yield bytes;
      waiting.resolve();
      await new Promise(() => {});
    }
    // Takes no second chunk.
    const full = promised();
    const target = new Writable({ highWaterMark: 1, write: () => full.resolve() });
    const [unended, ended] = [kv.createWriteStream('open'), kv.createWriteStream('ended')];
    unended.write(bytes);
    const read = kv.createReadStream('key', { chunkSize: 10_000 });
    await once(read, 'readable');
    const refused = Promise.all([
      codeOf(kv.putFile('key', silent())),
      codeOf(kv.getToFile('key', target)),
      codeOf(finished(unended)),
      codeOf(finished(read)),
    ]);
    await Promise.all([waiting.promise, full.promise]);
    const finish = finished(ended);
    await new Promise((resolve) => ended.write(bytes, resolve));
    ended.end();
    await new Promise(process.nextTick);
    await Promise.all([store.close(), finish]);
    expect(await refused).toEqual(Array(4).fill('KV_CLOSED'));
    using local = new KVault(store.path, { maxBlobBytes: 100_000 });
    expect([Array.from(local.keys()), local.get('key')?.equals(bytes)]).toEqual([['key', 'ended'].sort(), true]);
    expect(local.get('ended')?.equals(bytes)).toBe(true);
  });
});

describe('a transaction', () => {
  test('is one message, and its results are in their places', async () => {
    const store = await opened();
    const [kv, other] = [await store.kvault<number>(), await store.kvault<string>('other')];
    const columns = await store.columns();
    const losses = await columns.createColumn('loss', 'f64');
    await kv.set('n', 1);
    const result = await store.transaction((tx) => {
      const [own, column] = [tx.on(kv), tx.on(losses)];
      const before = own.get('n');
      own.set('n', 2);
      tx.on(other).set('who', 'me');
      return { before, after: own.get('n'), lengths: [column.append(0.5), column.extend([1, 2])], own: 'kept' };
    });
    expect(result).toEqual({ before: 1, after: 2, lengths: [1, 3], own: 'kept' });
    expect(await other.get('who')).toBe('me');
  });

  test('that fails changes nothing, and waits for nothing', async () => {
    const store = await opened();
    const kv = await store.kvault<number>();
    const failed = store.transaction((tx) => {
      tx.on(kv).set('a', 1);
      tx.on(kv).getOrThrow('none');
    });
    expect(await codeOf(failed)).toBe('KV_NOT_FOUND');
    expect(await codeOf(store.transaction(async () => 1))).toBe('KV_INVALID_ARGUMENT');
    expect(await codeOf(store.transaction((tx) => tx.on({}) as never))).toBe('KV_INVALID_ARGUMENT');
    expect(await kv.size()).toBe(0);
  });
});

describe('other vaults', () => {
  test('columns', async () => {
    const store = await opened();
    await using columns = await store.columns();
    const loss = await columns.ensure('loss', 'f64');
    expect([loss.name, loss.dtype, await loss.extend(Float64Array.of(1, 2, 3))]).toEqual(['loss', 'f64', 3]);
    expect(await loss.slice(1)).toEqual(Float64Array.of(2, 3));
    expect([await loss.at(-1), await loss.length(), await loss.sum(), await loss.quantile(0.5)]).toEqual([3, 3, 6, 2]);
    expect(await all(loss)).toEqual([1, 2, 3]);
    expect(await all(loss.batches({ size: 2 } as never))).toEqual([Float64Array.of(1, 2), Float64Array.of(3)]);
    const following = loss.follow({ from: 2 });
    expect((await following.next()).value).toBe(3);
    const waiting = following.next();
    await loss.append(4);
    expect((await waiting).value).toBe(4);
    await following.return();
    expect(await columns.listColumns()).toMatchObject([{ name: 'loss', length: 4 }]);
    expect(await codeOf(columns.column('none'))).toBe('KV_NOT_FOUND');
  });

  test('vectors and texts', async () => {
    const store = await opened();
    await using vectors = await store.vectors<string>('notes', { dimensions: 3 });
    const id = await vectors.insert([1, 0, 0], 'a');
    await vectors.insertMany([
      [[0, 1, 0], 'b'],
      [[0, 0, 1], 'c'],
    ]);
    expect(await vectors.search([1, 0.1, 0], 2)).toMatchObject([{ id, value: 'a' }, { value: 'b' }]);
    expect([await vectors.size(), await vectors.has(id), await vectors.delete(id)]).toEqual([3, true, true]);
    await using texts = await store.texts('docs');
    await texts.insert('a cat and a dog', 1);
    expect(await texts.search('cat')).toMatchObject([{ value: 1 }]);
    expect(await texts.size()).toBe(1);
  });
});

describe('functions of the caller', () => {
  test('run here, with values as they were, and what they throw reaches the caller', async () => {
    const store = await opened();
    const texts = await store.texts<{ at: Date; n: bigint }>('docs');
    await texts.insertMany([
      ['a cat', { at: new Date(1), n: 1n }],
      ['a cat again', { at: new Date(2), n: 2n }],
    ]);
    const seen: unknown[] = [];
    const filter = (id: bigint, value: { at: Date; n: bigint }) => {
      seen.push([id, value]);
      return value.n === 2n;
    };
    expect((await texts.search('cat', { filter })).map(({ id }) => id)).toEqual([2n]);
    expect(seen).toContainEqual([1n, { at: new Date(1), n: 1n }]);
    const mine = Object.assign(new RangeError('mine'), { status: 7 });
    const throwing = () => {
      throw mine;
    };
    await expect(texts.search('cat', { filter: throwing })).rejects.toBe(mine);
    const results: unknown[] = [Promise.resolve(true), () => 1, Symbol('no')];
    for (const result of results) {
      expect(await codeOf(texts.search('cat', { filter: () => result as never })), String(result)).toBe(
        'KV_INVALID_ARGUMENT',
      );
    }
    expect(await codeOf(store.transaction((tx) => tx.on(texts).search('cat', { filter })))).toBe('KV_INVALID_ARGUMENT');
    expect(await texts.size()).toBe(2);
  });

  test('find elements and rows, of which ranges are found in the thread', async () => {
    const columns = await (await opened()).columns();
    const run = await columns.frame('run', { step: 'i64', loss: 'f64' });
    await run.extend({ step: Array.from({ length: 9_000 }, (_, nth) => BigInt(nth)), loss: new Float64Array(9_000) });
    const odd = (step: bigint) => step % 2n === 1n;
    expect(Array.from(await run.where({ step: odd, loss: { gte: 0 } }, { start: 8_995 }))).toEqual([
      8_995, 8_997, 8_999,
    ]);
    expect(await run.columns.step.findIndex((step) => step > 4_999n, { start: 10 })).toBe(5_000);
    expect(await run.columns.step.findIndex({ gte: 7n })).toBe(7);
    const mine = new RangeError('mine');
    const throwing = () => {
      throw mine;
    };
    await expect(run.where({ step: throwing })).rejects.toBe(mine);
    await expect(run.columns.step.findIndex(throwing)).rejects.toBe(mine);
    expect(await codeOf(run.where({ none: odd } as never))).toBe('KV_INVALID_ARGUMENT');
  });
});

describe('the thread', () => {
  test('leaves this one free, and does calls in their order', async () => {
    const store = await opened();
    const kv = await store.kvault<number>();
    const entries = Array.from({ length: 50_000 }, (_, nth) => [`key ${nth}`, nth] as const);
    const order: string[] = [];
    const writing = kv.setMany(entries).then(() => order.push('written'));
    const counted = kv.size().then((size) => order.push(`${size}`));
    await Promise.all([writing, counted]);
    expect(order).toEqual(['written', '50000']);
    await turnsMoreThan(10, () => kv.setMany(entries));
  });

  test('changes of others reach a watch, with their values', async () => {
    const store = await opened();
    const kv = await store.kvault();
    const watch = kv.watch('a');
    // The watch has begun when the thread has answered a later call.
    await kv.size();
    using local = new KVault(store.path);
    local.set('b', 1);
    local.set('a', { n: 1 });
    const { value: change } = await watch.next();
    expect([change?.kind, change?.key, await change?.value()]).toEqual(['set', 'a', { n: 1 }]);
    const ending = new AbortController();
    const aborted = kv.watch(undefined, { signal: ending.signal, since: change?.position }).next();
    ending.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const waiting = watch.next();
    await kv.size();
    await store.close();
    await expect(waiting).resolves.toEqual({ done: true, value: undefined });
  });

  test('a signal ends the calls of a vault', async () => {
    const store = await opened();
    const ending = new AbortController();
    const kv = await store.kvault('kv', { signal: ending.signal });
    const calls = Array.from({ length: 100 }, (_, nth) => kv.set(`${nth}`, nth));
    const results = Promise.allSettled(calls);
    ending.abort(new Error('enough'));
    expect((await results).at(-1)).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    await expect(kv.get('0')).rejects.toThrow('enough');
    // Those that were behind the first ones were never sent.
    expect(await (await store.kvault('kv')).size()).toBeLessThan(20);
  });

  test('close finishes what was begun, and nothing works after it', async () => {
    const file = tempFile();
    const store = await open(file);
    const kv = await store.kvault();
    const writes = Array.from({ length: 100 }, (_, nth) => kv.set(`${nth}`, nth));
    await Promise.all([store.close(), ...writes]);
    await store.close();
    expect([store.open, kv.open, await codeOf(kv.get('0')), await codeOf(store.kvault())]).toEqual([
      false,
      false,
      'KV_CLOSED',
      'KV_CLOSED',
    ]);
    using local = new KVault(file);
    expect(local.size).toBe(100);
  });

  test('what cannot be opened says why', async () => {
    expect(await codeOf(open(tempFolder()))).toBe('KV_IO');
    expect(await codeOf(open(tempFile(), { readonly: true }))).toBe('KV_IO');
    expect(await codeOf(open(5 as never))).toBe('KV_INVALID_ARGUMENT');
    expect(await codeOf(open(tempFile(), { busyTimout: 5 } as never))).toBe('KV_INVALID_ARGUMENT');
    const reason = new Error('before');
    await expect(open(tempFile(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(import('kohakuvault/async-worker')).rejects.toMatchObject({ code: 'KV_INVALID_ARGUMENT' });
  });
});
