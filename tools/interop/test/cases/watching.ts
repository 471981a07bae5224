// What Python changes, as a watch of ours sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { ENVIRONMENT, program } from '../../src/kit.ts';

export function changesOfPython(python: string): void {
  test('a watch has what Python writes, replaces and removes, each once and in its order', async () => {
    const file = tempFile();
    using vault = new KVault(file);
    for (const key of ['set', 'update', 'put_file', 'cache', 'del', 'delete', 'kept']) vault.set(key, 0);
    const watch = vault.watch();
    const theirs = spawn(python, [program('replace.py'), file], { env: ENVIRONMENT });
    let errors = '';
    theirs.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const seen: string[] = [];
    for await (const { kind, key, value } of watch) {
      seen.push(`${kind} ${key}`);
      if (key === 'set') expect(value()).toEqual({ from: 'python' });
      if (key === 'delete') break;
    }
    expect([await once(theirs, 'close'), errors]).toEqual([[0, null], '']);
    // Python writes a file as zeros first, and then its bytes in place.
    expect([...new Set(seen)]).toEqual([
      'set set',
      'set update',
      'set put_file',
      'set cache',
      'delete del',
      'delete delete',
    ]);
    expect(vault.get('put_file').toString()).toBe('python'.repeat(100));
  });
}
