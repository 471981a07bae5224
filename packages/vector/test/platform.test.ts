import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { vaultOf } from './support/vaults.ts';

test('without sqlite-vec, tables can be searched and read, and a write reports what is missing', async () => {
  const file = tempFile();
  const vault = vaultOf({}, file);
  vault.insertMany([
    [[1, 2, 3, 4], 'near'],
    [[4, 3, 2, 1], 'far'],
  ]);
  vault.close();
  const child = fork(join(import.meta.dirname, 'scripts', 'without-sqlite-vec.ts'), [file], {
    execArgv: ['--conditions=@kohakuvault/source'],
  });
  const [told] = await once(child, 'message');
  const refusal = expect.stringMatching(/^KV_NATIVE_MISSING: sqlite-vec, which writes vectors, does not load/);
  expect(told).toEqual({
    found: ['near', 'far'],
    again: ['near'],
    asynchronous: ['near'],
    iterated: ['near', 'far'],
    size: 2,
    insert: refusal,
    remove: refusal,
    create: refusal,
  });
  expect(vaultOf({}, file).size).toBe(2);
});
