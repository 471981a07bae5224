// Our values in parts, which Python cannot read and may replace.
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { program, runPython } from '../../src/kit.ts';

export function valuesInParts(python: string): void {
  test('no part outlives a value that Python replaces or removes, and what it leaves alone stays whole', () => {
    const file = tempFile();
    const long = Buffer.alloc(5_500, 'long');
    const options = { maxBlobBytes: 1_000 };
    {
      using vault = new KVault(file, options);
      for (const key of ['set', 'update', 'put_file', 'cache', 'del', 'delete', 'kept']) vault.set(key, long);
    }
    const printed = runPython(python, program('replace.py'), [file]);
    expect(printed).toContain('Unknown encoding type: 33');

    using vault = new KVault(file, options);
    const parts = vault.database.prepare('SELECT DISTINCT CAST(key AS TEXT) FROM kohakuvault_parts_kv').pluck().all();
    expect(parts).toEqual(['kept']);
    expect(Object.fromEntries(vault)).toEqual({
      set: { from: 'python' },
      update: Buffer.from('python'),
      put_file: Buffer.from('python'.repeat(100)),
      cache: 1,
      kept: long,
    });
  });
}
