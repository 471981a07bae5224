import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { GetTarget, KVault } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, failureOf, memoryVault, pattern, reasonOf, same, tempVault } from './support.ts';

const bytes = pattern(3_500_000);

function vaults(): { vault: KVault; folder: string }[] {
  const { vault, folder } = tempVault();
  const memory = memoryVault();
  const pending = tempVault().vault;
  pending.enableCache();
  for (const each of [vault, memory, pending]) each.set('key', bytes);
  return [vault, memory, pending].map((each) => ({ vault: each, folder }));
}

describe('targets', () => {
  test('a path and a URL: the file appears when it is complete, and nothing beside it', async () => {
    for (const { vault, folder } of vaults()) {
      const target = join(folder, 'target');
      writeFileSync(target, 'old');
      const seen: string[] = [];
      const onProgress = () => seen.push(readFileSync(target, 'utf8'));
      expect(await vault.getToFile('key', target, { onProgress, chunkSize: 1_000_000 })).toBe(bytes.length);
      expect(seen).toEqual(['old', 'old', 'old', 'old']);
      expect(same(readFileSync(target), bytes)).toBe(true);
      expect(await vault.getToFile('key', pathToFileURL(`${target} 2`))).toBe(bytes.length);
      expect(same(readFileSync(`${target} 2`), bytes)).toBe(true);
      expect(readdirSync(folder).filter((name) => name.includes('target.'))).toEqual([]);
    }
  });

  test('a symbolic link stays one', async () => {
    const { vault, folder } = tempVault();
    vault.set('key', bytes);
    writeFileSync(join(folder, 'file'), 'old');
    symlinkSync(join(folder, 'file'), join(folder, 'link'));
    await vault.getToFile('key', join(folder, 'link'));
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(same(readFileSync(join(folder, 'file')), bytes)).toBe(true);
  });

  test('a FileHandle is written from its position on, and stays open', async () => {
    for (const { vault, folder } of vaults()) {
      const path = join(folder, 'handle');
      const handle = await open(path, 'w');
      await handle.write('front');
      expect(await vault.getToFile('key', handle)).toBe(bytes.length);
      await handle.write('back');
      await handle.close();
      const all = Buffer.concat([Buffer.from('front'), bytes, Buffer.from('back')]);
      expect(same(readFileSync(path), all)).toBe(true);
    }
  });

  test('a Writable and a WritableStream get chunks in order, no faster than they accept them, and are ended', async () => {
    for (const { vault } of vaults()) {
      const taken: Buffer[] = [];
      const slow = new Writable({
        highWaterMark: 1,
        write: (chunk, _, done) => {
          taken.push(chunk);
          setImmediate(done);
        },
      });
      expect(await vault.getToFile('key', slow)).toBe(bytes.length);
      expect(slow.writableFinished).toBe(true);
      expect(same(Buffer.concat(taken), bytes)).toBe(true);
      const web: Uint8Array[] = [];
      let closed = false;
      const stream = new WritableStream<Uint8Array>({
        write: (chunk) => void web.push(chunk),
        close: () => {
          closed = true;
        },
      });
      expect(await vault.getToFile('key', stream)).toBe(bytes.length);
      expect(closed).toBe(true);
      expect(same(Buffer.concat(web), bytes)).toBe(true);
    }
  });

  test('an empty value makes an empty file', async () => {
    const { vault, folder } = tempVault();
    vault.set('key', Buffer.alloc(0));
    expect(await vault.getToFile('key', join(folder, 'target'))).toBe(0);
    expect(readFileSync(join(folder, 'target'))).toHaveLength(0);
  });
});

describe('a failure', () => {
  test('leaves the target unchanged', async () => {
    for (const { vault, folder } of vaults()) {
      const target = join(folder, 'target');
      writeFileSync(target, 'old');
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      const options = { signal: controller.signal, onProgress, chunkSize: 100_000 };
      expect(await reasonOf(() => vault.getToFile('key', target, options))).toBe(controller.signal.reason);
      const failing = () => {
        throw new Error('callback');
      };
      await expect(vault.getToFile('key', target, { onProgress: failing })).rejects.toThrow('callback');
      expect(readFileSync(target, 'utf8')).toBe('old');
      expect(readdirSync(folder).filter((name) => name.includes('target.'))).toEqual([]);
    }
  });

  test('of the target rejects the promise', async () => {
    for (const { vault } of vaults()) {
      const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
      await expect(vault.getToFile('key', failing)).rejects.toThrow('full');
      expect(failing.destroyed).toBe(true);
    }
  });

  test('bad input is refused with what was given and what was expected', async () => {
    const { vault, folder } = tempVault();
    vault.set('key', bytes);
    vault.set('packed', { a: 1 });
    mkdirSync(join(folder, 'directory'));
    const target = join(folder, 'target');
    for (const wrong of [undefined, null, 1, {}, [], () => 1, new URL('https://example.com/file')]) {
      expect(await failureCode(() => vault.getToFile('key', wrong as GetTarget))).toBe('KV_INVALID_ARGUMENT');
    }
    const ended = new Writable();
    ended.end();
    expect((await failureOf(() => vault.getToFile('key', ended))).message).toContain('ended');
    expect(await failureCode(() => vault.getToFile('key', join(folder, 'directory')))).toBe('KV_IO');
    expect(await failureCode(() => vault.getToFile('key', join(folder, 'no', 'folder')))).toBe('KV_IO');
    expect(await failureCode(() => vault.getToFile('none', target))).toBe('KV_NOT_FOUND');
    expect((await failureOf(() => vault.getToFile('packed', target))).message).toContain('use get');
    expect((await failureOf(() => vault.getToFile('key', target, { size: 1 } as object))).message).toContain('size');
    vault.enableCache();
    vault.delete('key');
    expect(await failureCode(() => vault.getToFile('key', target))).toBe('KV_NOT_FOUND');
    vault.close();
    expect(await failureCode(() => vault.getToFile('key', target))).toBe('KV_CLOSED');
  });
});

test('a FileHandle that has no sync(), as that of yarn, is enough', async () => {
  const { vault, folder } = tempVault();
  vault.set('key', bytes);
  const handle = await open(join(folder, 'other'), 'w');
  const prototype = Object.getPrototypeOf(handle);
  const { sync } = prototype;
  await handle.close();
  onTestFinished(() => {
    prototype.sync = sync;
  });
  prototype.sync = () => {
    throw new Error('Method not implemented.');
  };
  const target = join(folder, 'target');
  expect(await vault.getToFile('key', target)).toBe(bytes.length);
  expect(same(readFileSync(target), bytes)).toBe(true);
});
