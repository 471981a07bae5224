import { once } from 'node:events';
import { betterSqlite3 } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import { header } from '@kohakuvault/packer/value';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, failureOf, memoryVault, pattern, readAll, reasonOf, same, tempVault } from './support.ts';

const bytes = pattern(2_500_000);
const CHUNK = 100_000;

describe('one consistent value', () => {
  test.each(['overwritten', 'deleted', 'cleared', 'put'])('whatever is written meanwhile: %s', async (how) => {
    const { vault } = tempVault();
    vault.set('key', bytes);
    const stream = vault.createReadStream('key');
    const late = vault.createReadStream('key');
    const got: Buffer[] = [];
    let changed = false;
    for await (const chunk of stream) {
      got.push(chunk);
      if (changed) continue;
      changed = true;
      if (how === 'overwritten') vault.set('key', pattern(bytes.length, 2));
      else if (how === 'deleted') vault.delete('key');
      else if (how === 'cleared') vault.clear();
      else await vault.putFile('key', pattern(bytes.length, 3));
      vault.checkpoint();
    }
    expect(same(Buffer.concat(got), bytes)).toBe(true);
    expect(same(await readAll(late), bytes)).toBe(true);
  });

  test("a stream of the user's Database is consistent too", async () => {
    const { file } = tempVault();
    const database = new (betterSqlite3())(file);
    onTestFinished(() => void database.close());
    const vault = new KVault(database);
    vault.set('key', bytes);
    const stream = vault.createReadStream('key');
    vault.delete('key');
    expect(same(await readAll(stream), bytes)).toBe(true);
  });

  test('a pending value is streamed as it was', async () => {
    const { vault } = tempVault();
    vault.enableCache();
    vault.set('key', bytes);
    const stream = vault.createReadStream('key');
    vault.set('key', 'text');
    vault.flushCache();
    expect(same(await readAll(stream), bytes)).toBe(true);
  });

  test('what is written in a transaction is streamed in it, and KV_STALE reports its rollback', async () => {
    const { vault } = tempVault();
    const streams = vault.transaction(() => {
      vault.set('key', bytes);
      return [vault.createReadStream('key'), vault.createReadStream('key')];
    });
    expect(same(await readAll(streams[0] as never), bytes)).toBe(true);
    vault.set('key', pattern(bytes.length, 2));
    expect(await failureCode(() => readAll(streams[1] as never))).toBe('KV_STALE');
  });

  test.each(['in memory', 'in a file without WAL'])(
    '%s a replacement is reported, and other writes do no harm',
    async (where) => {
      const vault = where === 'in memory' ? memoryVault() : tempVault({ enableWal: false }).vault;
      vault.set('key', bytes);
      for (const change of ['none', 'set', 'delete', 'clear'] as const) {
        vault.set('key', bytes);
        const stream = vault.createReadStream('key', { chunkSize: CHUNK });
        stream.read();
        await once(stream, 'readable');
        vault.set('other', change);
        if (change === 'set') vault.set('key', pattern(bytes.length, 2));
        if (change === 'delete') vault.delete('key');
        if (change === 'clear') vault.clear();
        if (change === 'none') expect(same(await readAll(stream), bytes)).toBe(true);
        else expect(await failureCode(() => readAll(stream))).toBe('KV_STALE');
      }
    },
  );
});

test('ranges equal those of subarray', async () => {
  const model = pattern(5_000);
  const seed = Date.now();
  console.log(`seed ${seed}`);
  const subjects = [tempVault({ chunkSize: 512 }).vault, memoryVault({ chunkSize: 512 }), memoryVault()];
  for (const vault of subjects) vault.set('plain', model).set('escaped', Buffer.concat([header(6), model]));
  const offset = fc.integer({ min: 0, max: 5_100 });
  await fc.assert(
    fc.asyncProperty(offset, offset, fc.integer({ min: 1, max: 600 }), async (start, length, chunkSize) => {
      const end = start + length - 1;
      for (const vault of subjects) {
        for (const key of ['plain', 'escaped']) {
          const whole = key === 'plain' ? model : Buffer.concat([header(6), model]);
          const got = await readAll(vault.createReadStream(key, { start, end, chunkSize }));
          expect(same(got, whole.subarray(start, end + 1))).toBe(true);
          using blob = vault.openBlob(key);
          expect(same(blob.read(start, length), whole.subarray(start, start + length))).toBe(true);
        }
      }
    }),
    { seed, numRuns: 60 },
  );
});

describe('the stream', () => {
  test('gives chunks of the requested size, and the vault works between them', async () => {
    const { vault } = tempVault();
    vault.set('key', bytes);
    const lengths: number[] = [];
    for await (const chunk of vault.createReadStream('key', { chunkSize: CHUNK })) {
      lengths.push(chunk.length);
      vault.set(`chunk ${lengths.length}`, chunk.length);
      expect(vault.get(`chunk ${lengths.length}`)).toBe(chunk.length);
    }
    expect(lengths).toEqual(Array.from({ length: 25 }, () => CHUNK));
  });

  test('reads no further than requested', async () => {
    const { vault } = tempVault();
    vault.set('key', bytes);
    const stream = vault.createReadStream('key', { chunkSize: CHUNK });
    await once(stream, 'readable');
    await new Promise(setImmediate);
    expect(stream.readableLength).toBeLessThanOrEqual(2 * CHUNK);
    stream.destroy();
    await once(stream, 'close');
  });

  test('ends with its signal, and with the vault', async () => {
    const { vault } = tempVault();
    vault.set('key', bytes);
    const controller = new AbortController();
    const reason = new Error('enough');
    const first = vault.createReadStream('key', { signal: controller.signal });
    controller.abort(reason);
    expect(await reasonOf(() => readAll(first))).toBe(reason);
    const second = vault.createReadStream('key');
    const failed = failureCode(() => readAll(second));
    vault.close();
    expect(await failed).toBe('KV_CLOSED');
  });

  test('bad input throws at once', async () => {
    const { vault } = tempVault();
    vault.set('key', bytes).set('packed', 'text');
    const code = (...args: unknown[]) =>
      failureCode(() => vault.createReadStream(...(args as Parameters<typeof vault.createReadStream>)));
    expect(await code('none')).toBe('KV_NOT_FOUND');
    expect(await code(1)).toBe('KV_INVALID_ARGUMENT');
    for (const options of [1, { start: -1 }, { start: 5, end: 3 }, { end: 1.5 }, { strat: 1 }, { signal: 1 }]) {
      expect(await code('key', options)).toBe('KV_INVALID_ARGUMENT');
    }
    expect((await failureOf(() => vault.createReadStream('packed'))).message).toContain('use get');
    vault.close();
    expect(await code('key')).toBe('KV_CLOSED');
  });
});

describe('the end of a long row', () => {
  const MiB = 1024 * 1024;
  const row = pattern(40 * MiB);

  /** Returns the bytes from `start` on, and in how many turns of the event loop they came. */
  async function fetch(vault: KVault, start: number): Promise<{ bytes: Buffer; turns: number }> {
    let turns = 0;
    let ended = false;
    const count = () => {
      turns++;
      if (!ended) setImmediate(count);
    };
    setImmediate(count);
    const bytes = await readAll(vault.createReadStream('key', { start, end: start + 99 }));
    ended = true;
    return { bytes, turns };
  }

  test('is reached in several turns of the event loop', async () => {
    const { vault } = tempVault({ maxBlobBytes: 64 * MiB });
    await vault.putFile('key', row);
    const near = await fetch(vault, 0);
    for (const start of [9 * MiB, 39 * MiB + 1, row.length - 100]) {
      const far = await fetch(vault, start);
      expect(same(far.bytes, row.subarray(start, start + 100))).toBe(true);
      expect(far.turns - near.turns).toBeGreaterThanOrEqual(Math.floor(start / (8 * MiB)));
    }
    // Parts are found at once. A vault with a smaller `maxBlobBytes` makes parts of the row.
    const parts = new KVault(vault.path);
    onTestFinished(() => parts.close());
    await parts.putFile('key', parts.createReadStream('key'));
    expect((await fetch(parts, 39 * MiB)).turns).toBe((await fetch(parts, 0)).turns);
  });

  test('is behind the header of bytes that begin like one, and on the way the stream can be ended', async () => {
    const { vault } = tempVault({ maxBlobBytes: 64 * MiB });
    const headed = Buffer.concat([header(1), row]);
    await vault.putFile('key', headed);
    const start = headed.length - 100;
    expect(same((await fetch(vault, start)).bytes, headed.subarray(start))).toBe(true);
    const stream = vault.createReadStream('key', { start });
    stream.resume();
    await new Promise(setImmediate);
    vault.close();
    expect(await failureCode(() => readAll(stream))).toBe('KV_CLOSED');
  });
});

test.each([
  ['in its row', 8_000_000],
  ['in parts', 100_000],
])('a short range of a value %s is read at once, and keeps nothing of the WAL', async (_, maxBlobBytes) => {
  const { vault } = tempVault({ busyTimeout: 0, maxBlobBytes });
  const bytes = pattern(2_500_000);
  vault.set('key', bytes);
  const range = { start: 1_900_001, end: 1_900_001 + 256 * 1024 - 1 };
  const streams = [vault.createReadStream('key', range), vault.createReadStream('key', { ...range, chunkSize: 1_000 })];
  const beyond = vault.createReadStream('key', { start: 2_499_000, end: 2_600_000 });
  vault.set('key', pattern(bytes.length, 2));
  expect(vault.checkpoint('truncate').busy).toBe(0);
  for (const stream of streams) {
    expect(same(await readAll(stream), bytes.subarray(range.start, range.end + 1))).toBe(true);
  }
  expect(same(await readAll(beyond), bytes.subarray(2_499_000))).toBe(true);
  const [found, none] = [
    { start: 2_500_000, end: 2_500_010 },
    { start: 10, end: 9 },
  ];
  for (const empty of [found, none]) expect(await readAll(vault.createReadStream('key', empty))).toHaveLength(0);
});
