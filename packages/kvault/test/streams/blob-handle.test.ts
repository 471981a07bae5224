import { KVault } from '@kohakuvault/kvault';
import { header } from '@kohakuvault/packer/value';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureCode, failureOf, memoryVault, pattern, same, tempVault } from './support.ts';

const bytes = pattern(200_000);

describe.each([true, false])('a handle (in a file: %s)', (inFile) => {
  const open = () => (inFile ? tempVault().vault : memoryVault());

  test('reads and writes in place, at any offset', () => {
    const vault = open();
    const model = Buffer.concat([header(6), bytes]);
    vault.set('key', model);
    using blob = vault.openBlob('key', { writable: true });
    expect(blob.size).toBe(model.length);
    expect(blob.write(150_000, Buffer.from('written'))).toBe(7);
    model.write('written', 150_000);
    expect(blob.read(149_990, 30)).toEqual(model.subarray(149_990, 150_020));
    expect(blob.read(model.length - 3, 10)).toEqual(model.subarray(-3));
    expect(blob.read(model.length + 5, 10)).toHaveLength(0);
    const target = new Uint16Array(4);
    expect(blob.readInto(target, 150_000)).toBe(8);
    expect(Buffer.from(target.buffer)).toEqual(model.subarray(150_000, 150_008));
    expect(same(vault.get('key'), model)).toBe(true);
    expect(vault.openBlob('key').read(150_000, 7).toString()).toBe('written');
  });

  test.each(['set', 'set alike', 'delete', 'clear', 'pending', 'putFile'])('is stale after %s', async (how) => {
    const vault = open();
    vault.set('key', bytes);
    const blob = vault.openBlob('key', { writable: true });
    vault.set('other', 1);
    expect(blob.read(0, 10)).toEqual(bytes.subarray(0, 10));
    if (how === 'set') vault.set('key', 1);
    if (how === 'set alike') vault.set('key', pattern(bytes.length, 2));
    if (how === 'delete') vault.delete('key');
    if (how === 'clear') vault.clear();
    if (how === 'pending') {
      vault.enableCache();
      vault.set('key', 1);
    }
    if (how === 'putFile') await vault.putFile('key', pattern(bytes.length, 2));
    expect(await failureCode(() => blob.read(0, 10))).toBe('KV_STALE');
    expect(await failureCode(() => blob.readInto(new Uint8Array(1), 0))).toBe('KV_STALE');
    expect(await failureCode(() => blob.write(0, new Uint8Array(1)))).toBe('KV_STALE');
    blob.close();
  });

  test('writes what is pending for the key first', () => {
    const vault = open();
    vault.enableCache();
    vault.set('key', bytes);
    using blob = vault.openBlob('key', { writable: true });
    blob.write(0, Buffer.from('new'));
    vault.flushCache();
    expect(vault.get('key').subarray(0, 4)).toEqual(Buffer.concat([Buffer.from('new'), bytes.subarray(3, 4)]));
  });

  test('a write rolls back with its transaction', () => {
    const vault = open();
    vault.set('key', bytes);
    using blob = vault.openBlob('key', { writable: true });
    const body = () => {
      blob.write(0, Buffer.from('gone'));
      throw new Error('undo');
    };
    expect(() => vault.transaction(body)).toThrow('undo');
    expect(blob.read(0, 4)).toEqual(bytes.subarray(0, 4));
  });

  test('bad input', async () => {
    const vault = open();
    vault.set('key', bytes).set('packed', 1);
    expect(await failureCode(() => vault.openBlob('none'))).toBe('KV_NOT_FOUND');
    expect((await failureOf(() => vault.openBlob('packed'))).message).toContain('use get');
    expect(await failureCode(() => vault.openBlob('key', { writeable: true } as object))).toBe('KV_INVALID_ARGUMENT');
    const blob = vault.openBlob('key', { writable: true });
    for (const wrong of [-1, 1.5, '1', undefined, Number.NaN] as never[]) {
      expect(await failureCode(() => blob.read(wrong, 1))).toBe('KV_INVALID_ARGUMENT');
      expect(await failureCode(() => blob.read(1, wrong))).toBe('KV_INVALID_ARGUMENT');
      expect(await failureCode(() => blob.write(wrong, bytes))).toBe('KV_INVALID_ARGUMENT');
    }
    expect(await failureCode(() => blob.write(0, 'text' as never))).toBe('KV_INVALID_ARGUMENT');
    expect(await failureCode(() => blob.readInto([] as never, 0))).toBe('KV_INVALID_ARGUMENT');
    expect((await failureOf(() => blob.write(199_999, bytes))).message).toContain('200000');
    expect(await failureCode(() => vault.openBlob('key').write(0, bytes))).toBe('KV_READONLY');
    blob.close();
    blob.close();
    expect(await failureCode(() => blob.read(0, 1))).toBe('KV_CLOSED');
    const left = vault.openBlob('key');
    vault.close();
    expect(await failureCode(() => left.read(0, 1))).toBe('KV_CLOSED');
    expect(await failureCode(() => vault.openBlob('key'))).toBe('KV_CLOSED');
  });
});

test('a handle of a readonly vault reads', async () => {
  const { vault, file } = tempVault();
  vault.set('key', bytes);
  const readonly = new KVault(file, { readonly: true });
  onTestFinished(() => readonly.close());
  expect(readonly.openBlob('key').read(5, 5)).toEqual(bytes.subarray(5, 10));
  expect(await failureCode(() => readonly.openBlob('key', { writable: true }))).toBe('KV_READONLY');
});
