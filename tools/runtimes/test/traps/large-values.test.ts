// Values around 512 MiB, at which runtimes have limits of their own. The long run has them: KOHAKUVAULT_LARGE=1.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFolder } from '../../../testing/src/temp.ts';

const MiB = 1024 * 1024;
const MIDDLE = (process.env.KOHAKUVAULT_LARGE === '1' ? 512 : 16) * MiB;

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

test.each([MIDDLE - 1, MIDDLE, MIDDLE + 1])(
  'a value of %i bytes, by set and get, and by streams',
  {
    timeout: 1_800_000,
  },
  async (size) => {
    const folder = tempFolder();
    const vault = new KVault(join(folder, 'vault.db'));
    const bytes = Buffer.alloc(size, 'KohakuVault');
    const expected = createHash('sha256').update(bytes).digest('hex');
    vault.set('set', bytes);
    const got = vault.get('set') as Buffer;
    expect([got.length, createHash('sha256').update(got).digest('hex')]).toEqual([size, expected]);
    const source = join(folder, 'source');
    const handle = await open(source, 'w');
    for (let at = 0; at < size; at += 64 * MiB) await handle.write(bytes, at, Math.min(64 * MiB, size - at), at);
    await handle.close();
    expect(await vault.putFile('file', source)).toBe(size);
    expect(await vault.getToFile('file', join(folder, 'target'))).toBe(size);
    expect(await hashOf(join(folder, 'target'))).toBe(expected);
    vault.close();
  },
);
