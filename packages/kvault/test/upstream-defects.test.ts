// Defects of the Python package's key-value store, which KVault must not have.
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { Encoding, header } from '@kohakuvault/packer/value';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

function open(file = tempFile(), options = {}): KVault {
  const vault = new KVault(file, options);
  onTestFinished(() => vault.close());
  return vault;
}

/** Sets a value, and returns what another connection reads. */
function roundTrip(value: unknown): unknown {
  const file = tempFile();
  new KVault(file).set('key', value).close();
  return open(file).get('key');
}

test('large integers come back exactly: times in milliseconds and beyond', () => {
  for (const value of [1e12, 1_700_000_000_000, -1_700_000_000_000, Number.MAX_SAFE_INTEGER, 2n ** 62n, -(2n ** 63n)]) {
    expect(roundTrip(value)).toBe(value);
  }
});

test('zeros keep their sign, and the smallest numbers stay numbers', () => {
  for (const value of [0, -0, Number.MIN_VALUE, 2.2e-308, 1e-200])
    expect(Object.is(roundTrip(value), value)).toBe(true);
});

test('integers beyond 64 bits do not become doubles', () => {
  for (const value of [2n ** 64n, -(2n ** 64n), 10n ** 100n + 1n]) expect(roundTrip(value)).toBe(value);
});

test('booleans stay booleans, and collections keep their type', () => {
  for (const value of [true, false]) expect(roundTrip(value)).toBe(value);
  expect(roundTrip(new Map([['a', 1]]))).toEqual(new Map([['a', 1]]));
  expect(roundTrip(new Set([1]))).toEqual(new Set([1]));
});

test('small arrays stay arrays', () => {
  const arrays = [
    new Float32Array(0),
    Uint8ClampedArray.of(1),
    Int8Array.of(-1),
    Int8Array.of(1, 2),
    Int16Array.of(7),
    Float64Array.of(1.5),
  ];
  for (const value of arrays) expect(roundTrip(value)).toEqual(value);
});

test('bytes that begin like a header come back, and are never executed', () => {
  // A pickle that would print if it were loaded.
  const pickle = Buffer.concat([header(Encoding.pickle), Buffer.from("cbuiltins\nprint\n(S'run'\ntR.")]);
  const strange = [Buffer.from([0x89, 0x4b]), pickle, Buffer.concat([header(Encoding.utf8), Buffer.from([0xff])])];
  for (const value of strange) expect(roundTrip(value)).toEqual(value);
  // Without a header, as Python stores it, it looks like a pickle. The error names what it would call.
  const file = tempFile();
  new KVault(file, { autoPack: false }).set('key', pickle).close();
  const error = thrownBy(() => open(file).get('key'));
  expect([error.code, error.message]).toEqual(['KV_CORRUPT', expect.stringContaining('print')]);
});

test('NaN and infinities in collections, sets, and the order of keys are kept', () => {
  const value = { z: Number.NaN, a: [Number.POSITIVE_INFINITY, new Set([1])], m: undefined };
  expect(roundTrip(value)).toEqual(value);
  expect(Object.keys(roundTrip(value) as object)).toEqual(['z', 'a', 'm']);
  expect(Object.keys(roundTrip({ b: 1, a: 2 }) as object)).toEqual(['b', 'a']);
});

test('iteration does not end at 10,000 entries, and clear deletes all', () => {
  const vault = open();
  vault.setMany(Array.from({ length: 10_050 }, (_, index) => [`key ${index}`, index]));
  expect([[...vault.keys()].length, [...vault.values()].length, [...vault].length]).toEqual([10_050, 10_050, 10_050]);
  vault.clear();
  expect([vault.size, [...vault.keys()]]).toEqual([0, []]);
});

test('a prefix finds the keys that continue with FF', () => {
  const vault = open(undefined, { keyEncoding: 'bytes' });
  const keys = ['ff', 'ffff01', '61', '61ff', '61ffff00', '62'].map((hex) => Buffer.from(hex, 'hex'));
  for (const key of keys) vault.set(key, 1);
  expect([...vault.keys('a')]).toEqual([keys[2], keys[3], keys[4]]);
  expect([...vault.keys(Buffer.alloc(0))]).toHaveLength(6);
  expect([...vault.keys(Buffer.of(0xff))]).toEqual([keys[0], keys[1]]);
});

test('what is deleted in the cache is gone, and does not come back with the flush', () => {
  const vault = open();
  vault.set('stored', 1);
  vault.enableCache();
  vault.set('pending', 2);
  expect([vault.size, vault.has('pending'), [...vault.keys()]]).toEqual([2, true, ['pending', 'stored']]);
  expect([vault.delete('stored'), vault.pop('pending')]).toEqual([true, 2]);
  vault.set('cleared', 3);
  vault.clear();
  vault.disableCache();
  expect([vault.size, [...vault]]).toEqual([0, []]);
});

test('enabling the cache again, or inside itself, drops nothing', () => {
  const vault = open();
  vault.enableCache();
  vault.set('a', 1);
  vault.enableCache({ capBytes: 1_000 });
  vault.cache(() => {
    vault.set('b', 2);
    vault.cache(() => vault.set('c', 3));
  });
  vault.disableCache();
  expect([...vault.keys()]).toEqual(['a', 'b', 'c']);
});

test('lockCache drops nothing past the cap, nor if the cache is disabled or the vault closed meanwhile', () => {
  const file = tempFile();
  const vault = new KVault(file);
  vault.enableCache({ capBytes: 1_000 });
  vault.lockCache(() => {
    for (let index = 0; index < 14; index++) vault.set(`key ${index}`, Buffer.alloc(500));
    vault.disableCache();
    vault.close();
  });
  expect(open(file).size).toBe(14);
});

test('a flush that fails loses nothing, and the next one writes everything', () => {
  const file = tempFile();
  const vault = open(file, { busyTimeout: 0, retries: 0 });
  const other = new Database(file);
  onTestFinished(() => void other.close());
  vault.enableCache();
  vault.set('key', 'pending');
  other.exec('BEGIN IMMEDIATE');
  expect(thrownBy(() => vault.flushCache()).code).toBe('KV_BUSY');
  expect(vault.get('key')).toBe('pending');
  other.exec('COMMIT');
  expect([vault.flushCache(), vault.get('key')]).toEqual([1, 'pending']);
});

test('putFile over a pending key wins, and so does a value too long for the cache', async () => {
  const vault = open();
  vault.enableCache({ capBytes: 1_000 });
  vault.set('put', 'older').set('long', 'older');
  await vault.putFile('put', Buffer.from('newer'));
  vault.lockCache(() => vault.set('long', Buffer.alloc(5_000)));
  vault.disableCache();
  expect([vault.get('put'), vault.get('long')]).toEqual([Buffer.from('newer'), Buffer.alloc(5_000)]);
});

test('a source that fails, or is shorter than expected, leaves the old value and nothing else', async () => {
  const vault = open();
  vault.set('key', 'old');
  async function* failing() {
    yield Buffer.from('new');
    throw new Error('the source failed');
  }
  await expect(vault.putFile('key', failing())).rejects.toThrow('the source failed');
  await expect(vault.putFile('key', Buffer.from('short'), { size: 10 })).rejects.toThrow('too short');
  await expect(vault.putFile('key', join(import.meta.dirname, 'none'))).rejects.toMatchObject({ code: 'KV_IO' });
  expect([vault.get('key'), vault.size]).toEqual(['old', 1]);
});

test('pop returns its fallback, and setDefault the value that is stored then', () => {
  const vault = open();
  expect([vault.pop('none', 'fallback'), vault.pop('none')]).toEqual(['fallback', undefined]);
  expect([vault.setDefault('key', { a: 1 }), vault.setDefault('key', 2), vault.get('key')]).toEqual([
    { a: 1 },
    { a: 1 },
    { a: 1 },
  ]);
});

test('64-bit elements keep all their bits', () => {
  const array = BigUint64Array.of(0n, 1n, 2n ** 64n - 1n);
  expect(roundTrip(array)).toEqual(array);
});
