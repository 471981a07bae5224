import { openAsBlob, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { KVault, type PutSource } from '@kohakuvault/kvault';
import { header } from '@kohakuvault/packer/value';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, failureOf, memoryVault, pattern, pieces, reasonOf, same, spools, tempVault } from './support.ts';

const MiB = 1024 * 1024;

async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (const piece of pieces(bytes, 100_000)) {
    await new Promise(setImmediate);
    yield piece;
  }
}

/** Every kind of source, with the same bytes. */
const SOURCES: Record<string, (bytes: Buffer, file: string) => PutSource | Promise<PutSource>> = {
  path: (_, file) => file,
  URL: (_, file) => pathToFileURL(file),
  Buffer: (bytes) => bytes,
  Uint8Array: (bytes) => new Uint8Array(bytes),
  DataView: (bytes) => new DataView(Uint8Array.from(bytes).buffer),
  ArrayBuffer: (bytes) => Uint8Array.from(bytes).buffer,
  Blob: (bytes) => new Blob([bytes]),
  'Blob of a file': (_, file) => openAsBlob(file),
  FileHandle: async (_, file) => {
    const handle = await open(file);
    onTestFinished(() => handle.close());
    return handle;
  },
  Readable: (bytes) => Readable.from(pieces(bytes, 77_777)),
  ReadableStream: (bytes) => new Blob([bytes]).stream(),
  Iterable: (bytes) => pieces(bytes, 123_456),
  array: (bytes) => [...pieces(bytes, 1_000_000)],
  AsyncIterable: slowly,
};

describe.each(Object.keys(SOURCES))('from a %s', (name) => {
  // Empty, one byte, some chunks, and long enough for a thread of its own.
  test.each([0, 1, 2_300_001, 9 * MiB])('%i bytes come back unchanged', async (length) => {
    for (const vault of [tempVault().vault, memoryVault()]) {
      const file = join(tempVault().folder, 'source');
      const bytes = pattern(length);
      writeFileSync(file, bytes);
      const source = await SOURCES[name]?.(bytes, file);
      const reported: number[] = [];
      const put = vault.putFile('key', source as PutSource, { onProgress: (done) => reported.push(done) });
      expect(await put).toBe(length);
      expect(same(vault.get('key'), bytes)).toBe(true);
      expect(reported.at(-1)).toBe(length === 0 ? undefined : length);
      expect(reported).toEqual([...reported].sort((a, b) => a - b));
    }
  });
});

describe('what is stored', () => {
  test.each([
    ['two bytes of a header', Buffer.from([0x89, 0x4b])],
    ['a packed string', Buffer.concat([header(6), Buffer.from('text')])],
    ['a raw header', Buffer.concat([header(0), Buffer.from('raw')])],
    ['a header and megabytes', Buffer.concat([header(3), pattern(9 * MiB)])],
  ])('%s comes back exactly', async (_, bytes) => {
    const { vault, folder } = tempVault();
    const file = join(folder, 'source');
    writeFileSync(file, bytes);
    expect(await vault.putFile('path', file)).toBe(bytes.length);
    expect(await vault.putFile('iterable', pieces(bytes, Math.ceil(bytes.length / 9)))).toBe(bytes.length);
    for (const key of ['path', 'iterable']) {
      expect(same(vault.get(key), bytes)).toBe(true);
      using blob = vault.openBlob(key);
      expect(blob.size).toBe(bytes.length);
      expect(same(blob.read(0, bytes.length), bytes)).toBe(true);
    }
  });

  test('is what set would have stored: raw bytes, in the same row', async () => {
    const { vault } = tempVault();
    vault.set('key', 'text');
    const row = () => vault.database.prepare('SELECT rowid, value FROM kv').get() as { rowid: number; value: Buffer };
    const before = row();
    await vault.putFile('key', Buffer.from('bytes'));
    expect(row()).toEqual({ rowid: before.rowid, value: Buffer.from('bytes') });
  });

  test('with auto-pack off, bytes are stored and returned unchanged', async () => {
    const { vault } = tempVault({ autoPack: false });
    const bytes = Buffer.concat([header(6), Buffer.from('text')]);
    await vault.putFile('key', bytes);
    expect(vault.get('key')).toEqual(bytes);
    using blob = vault.openBlob('key');
    expect(blob.read(0, 100)).toEqual(bytes);
  });

  test('chunks may have any size', async () => {
    const { vault } = tempVault({ chunkSize: 1 });
    const bytes = pattern(1_000);
    await vault.putFile('a', bytes);
    await vault.putFile('b', bytes, { chunkSize: 999 });
    expect(vault.get('a')).toEqual(bytes);
    expect(vault.get('b')).toEqual(bytes);
  });
});

test('a FileHandle is read from its position on, and stays open', async () => {
  const { vault, folder } = tempVault();
  const bytes = pattern(300_000);
  writeFileSync(join(folder, 'source'), bytes);
  const handle = await open(join(folder, 'source'));
  onTestFinished(() => handle.close());
  await handle.read(Buffer.alloc(1_000), 0, 1_000);
  expect(await vault.putFile('rest', handle)).toBe(299_000);
  expect(same(vault.get('rest'), bytes.subarray(1_000))).toBe(true);
  expect(await vault.putFile('end', handle, { size: 0 })).toBe(0);
  expect((await handle.stat()).size).toBe(bytes.length);
});

describe('all or nothing', () => {
  function* failing(): Generator<Buffer> {
    yield Buffer.from('new');
    throw new Error('source');
  }
  const old = pattern(100_000, 7);

  test.each([true, false])('a source that fails leaves the old value (in a file: %s)', async (inFile) => {
    const { vault, folder } = tempVault();
    const subject = inFile ? vault : memoryVault();
    subject.set('key', old);
    const work = subject.putFile('key', failing());
    await expect(work).rejects.toThrow('source');
    await expect(subject.putFile('key', Readable.from(failing()))).rejects.toThrow('source');
    expect(same(subject.get('key'), old)).toBe(true);
    expect(subject.size).toBe(1);
    expect(spools(folder)).toEqual([]);
  });

  test.each([
    ['too short', 11],
    ['too long', 9],
  ])('a source that is %s is refused', async (which, size) => {
    const { vault, folder } = tempVault();
    vault.set('key', old);
    const ten = Buffer.alloc(10, 'n');
    const file = join(folder, 'source');
    writeFileSync(file, ten);
    for (const source of [ten, file, pieces(ten, 3), new Blob([ten]), Readable.from([ten])]) {
      const error = await failureOf(() => vault.putFile('key', source, { size }));
      expect(error.code).toBe('KV_INVALID_ARGUMENT');
      expect(error.message).toContain(which);
    }
    expect(same(vault.get('key'), old)).toBe(true);
    expect(spools(folder)).toEqual([]);
    expect(await vault.putFile('key', pieces(ten, 3), { size: 10 })).toBe(10);
  });

  test('an iterator is closed if it gives more than expected', async () => {
    const { vault } = tempVault();
    let closed = false;
    function* endless(): Generator<Buffer> {
      try {
        for (;;) yield Buffer.alloc(10);
      } finally {
        closed = true;
      }
    }
    expect(await failureCode(() => vault.putFile('key', endless(), { size: 95 }))).toBe('KV_INVALID_ARGUMENT');
    expect(closed).toBe(true);
  });

  test.each([2 * MiB, 12 * MiB])('an abort during a copy of %i bytes', async (length) => {
    const { vault, folder } = tempVault();
    vault.set('key', old);
    const file = join(folder, 'source');
    writeFileSync(file, pattern(length));
    for (const source of [() => file, () => pattern(length), () => pieces(pattern(length), 100_000)]) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const onProgress = () => controller.abort(reason);
      const options = { signal: controller.signal, onProgress, chunkSize: 100_000 };
      expect(await reasonOf(() => vault.putFile('key', source(), options))).toBe(reason);
    }
    expect(same(vault.get('key'), old)).toBe(true);
    expect(spools(folder)).toEqual([]);
  });

  test('a progress callback that throws ends the copy', async () => {
    const { vault } = tempVault();
    for (const length of [2 * MiB, 12 * MiB]) {
      const onProgress = () => {
        throw new Error('callback');
      };
      await expect(vault.putFile('key', pattern(length), { onProgress })).rejects.toThrow('callback');
      expect(vault.has('key')).toBe(false);
    }
  });

  test('a source that hangs can be aborted', async () => {
    const { vault, folder } = tempVault();
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<Buffer> {
      yield Buffer.from('some');
      controller.abort();
      await new Promise(() => {});
    }
    const error = await reasonOf(() => vault.putFile('key', hanging(), { signal: controller.signal }));
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(spools(folder)).toEqual([]);
  });

  test('closing the vault ends copies that have not been stored yet', async () => {
    const { vault, folder } = tempVault();
    async function* hanging(): AsyncGenerator<Buffer> {
      yield Buffer.from('some');
      await new Promise(() => {});
    }
    const first = failureCode(() => vault.putFile('key', hanging()));
    vault.close();
    expect(await first).toBe('KV_CLOSED');
    expect(spools(folder)).toEqual([]);
  });

  test('if the vault is closed during a long copy, the copy is undone and the promise rejected', async () => {
    const { vault, folder, file } = tempVault();
    writeFileSync(join(folder, 'source'), pattern(64 * MiB));
    vault.set('key', 'old');
    let heard = 0;
    const onProgress = () => {
      if (heard++ === 0) vault.close();
    };
    expect(await failureCode(() => vault.putFile('key', join(folder, 'source'), { onProgress }))).toBe('KV_CLOSED');
    expect(heard).toBe(1);
    using again = new KVault(file);
    expect([again.get('key'), again.size]).toEqual(['old', 1]);
    expect(again.database.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  test('a copy that is aborted in the queue does not wait for the copy before it', async () => {
    const { vault, folder } = tempVault();
    writeFileSync(join(folder, 'source'), pattern(24 * MiB));
    const controller = new AbortController();
    const reason = new Error('enough');
    const ended: string[] = [];
    const onProgress = () => {
      if (!controller.signal.aborted) controller.abort(reason);
    };
    const first = vault.putFile('first', join(folder, 'source'), { onProgress }).then(() => ended.push('first'));
    const second = vault.putFile('second', join(folder, 'source'), { signal: controller.signal });
    expect(await reasonOf(() => second)).toBe(reason);
    expect(ended).toEqual([]);
    await first;
    await vault.putFile('third', pattern(9 * MiB));
    expect([...vault.keys()]).toEqual(['first', 'third']);
  });
});

describe('beside other work', () => {
  test('reads and writes go on while a long value is copied in its thread', async () => {
    const { vault, folder } = tempVault({ busyTimeout: 0, retries: 0 });
    const bytes = pattern(24 * MiB);
    const file = join(folder, 'source');
    writeFileSync(file, bytes);
    vault.set('key', 'old');
    let heard = 0;
    const onProgress = () => {
      // The copying thread takes the write lock for a slice at a time. The value is stored at the end.
      if (heard++ > 0) return;
      expect(vault.get('key')).toBe('old');
      vault.set('other', 'written');
      expect(vault.get('key')).toBe('old');
    };
    await vault.putFile('key', file, { onProgress });
    expect(heard).toBe(24);
    expect(vault.get('other')).toBe('written');
    expect(same(vault.get('key'), bytes)).toBe(true);
  });

  test('many copies at once do not end in DatabaseBusy', async () => {
    const { vault } = tempVault({ busyTimeout: 0, retries: 0 });
    const bytes = pattern(9 * MiB);
    await Promise.all(Array.from({ length: 5 }, (_, number) => vault.putFile(`key ${number}`, bytes)));
    for (const value of vault.values()) expect(same(value, bytes)).toBe(true);
    expect(vault.size).toBe(5);
  });

  test('the owner may change the bytes once the call has returned', async () => {
    const { vault } = tempVault();
    const bytes = pattern(9 * MiB);
    const copy = Buffer.from(bytes);
    const put = vault.putFile('key', bytes);
    bytes.fill(0);
    await put;
    expect(same(vault.get('key'), copy)).toBe(true);
  });

  test.each([10, 9 * MiB])('what was pending before does not overwrite it (%i bytes)', async (length) => {
    const { vault } = tempVault();
    const bytes = pattern(length);
    vault.enableCache();
    vault.set('key', 'pending');
    await vault.putFile('key', bytes);
    vault.set('other', 1);
    vault.flushCache();
    expect(same(vault.get('key'), bytes)).toBe(true);
    vault.delete('key');
    await vault.putFile('key', bytes);
    vault.flushCache();
    expect(same(vault.get('key'), bytes)).toBe(true);
  });

  test('a copy that fails leaves what is pending', async () => {
    const { vault } = tempVault();
    vault.enableCache();
    vault.set('key', 'pending');
    const onProgress = () => {
      throw new Error('callback');
    };
    await expect(vault.putFile('key', Buffer.from('new'), { onProgress })).rejects.toThrow('callback');
    expect(vault.get('key')).toBe('pending');
    vault.flushCache();
    expect(vault.get('key')).toBe('pending');
  });
});

describe('bad input', () => {
  test('is refused with what was given and what was expected', async () => {
    const { vault, folder } = tempVault();
    const bytes = Buffer.from('bytes');
    const bad = (...args: unknown[]) => failureOf(() => vault.putFile(...(args as Parameters<typeof vault.putFile>)));
    for (const source of [
      undefined,
      null,
      1,
      true,
      {},
      Symbol('source'),
      () => 1,
      [1],
      ['text'],
      Readable.from('text'),
    ]) {
      expect((await bad('key', source)).code).toBe('KV_INVALID_ARGUMENT');
    }
    expect((await bad('key', folder)).message).toContain('directory');
    expect((await bad('key', join(folder, 'nothing'))).code).toBe('KV_IO');
    expect((await bad(1, bytes)).message).toContain('expected a string or bytes');
    expect((await bad('key', bytes, { chunksize: 1 })).message).toContain('did you mean chunkSize?');
    for (const options of [1, { size: -1 }, { chunkSize: 0 }, { signal: {} }, { onProgress: 1 }]) {
      expect((await bad('key', bytes, options)).code).toBe('KV_INVALID_ARGUMENT');
    }
    const locked = new Blob([bytes]).stream();
    locked.getReader();
    expect((await bad('key', locked)).message).toContain('locked');
    expect(vault.size).toBe(0);
    expect(spools(folder)).toEqual([]);
  });

  test('a closed or readonly vault refuses', async () => {
    const { vault, file } = tempVault();
    vault.set('key', 1);
    const readonly = new KVault(file, { readonly: true });
    expect(await failureCode(() => readonly.putFile('key', Buffer.from('bytes')))).toBe('KV_READONLY');
    expect(await failureCode(() => readonly.createWriteStream('key'))).toBe('KV_READONLY');
    readonly.close();
    vault.close();
    expect(await failureCode(() => vault.putFile('key', Buffer.from('bytes')))).toBe('KV_CLOSED');
  });

  test('an aborted signal is noticed before anything is done', async () => {
    const { vault } = tempVault();
    const signal = AbortSignal.abort(new Error('before'));
    expect(await reasonOf(() => vault.putFile('key', Buffer.from('bytes'), { signal }))).toBe(signal.reason);
    expect(vault.has('key')).toBe(false);
  });
});

test('a file that is replaced, or removed, while its copy is in the queue is stored as it was', async () => {
  const { vault, folder } = tempVault();
  const [first, replaced, removed, other] = ['first', 'replaced', 'removed', 'other'].map((name) => join(folder, name));
  const contents = [1, 2, 3, 4].map((seed) => pattern(9 * MiB, seed));
  for (const [at, path] of [first, replaced, removed, other].entries()) {
    writeFileSync(path as string, contents[at] as Buffer);
  }
  const copies = [first, replaced, removed].map((path, at) => vault.putFile(`key ${at}`, path as string));
  renameSync(other as string, replaced as string);
  rmSync(removed as string);
  await Promise.all(copies);
  expect([0, 1, 2].map((at) => same(vault.get(`key ${at}`), contents[at] as Buffer))).toEqual([true, true, true]);
});
