// A process may change its folder while a database with a relative path is open.
import { existsSync, mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { KVault, VectorKVault } from 'kohakuvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../../tools/testing/src/temp.ts';

const LONG = 3 * 1024 * 1024;

/** Fills a file, as the right or the wrong one. */
function fill(file: string, mark: number): void {
  using kv = new KVault(file);
  kv.set('long', Buffer.alloc(LONG, mark));
  const vk = new VectorKVault(kv, { dimensions: 2, metric: 'l2' });
  vk.insertMany(Array.from({ length: 50 }, (_, n) => [[n + (mark - 1) / 2, 0], mark] as const));
  vk.close();
}

/** Linux shows the files that a process has open, also those that have no name any more. */
const HAS_PROC = existsSync('/proc/self/fd');

/** Returns the paths of the spool files that are open. */
function openSpools(): string {
  if (!HAS_PROC) return '';
  const paths = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(join('/proc/self/fd', name));
    } catch {
      return ''; // the handle of this listing
    }
  });
  return paths.filter((path) => path.includes('spool')).join('\n');
}

test.each(['Database', 'path'])('a relative %s means the same file after a change of folder', async (how) => {
  const root = tempFolder();
  const [right, wrong] = [join(root, 'right'), join(root, 'wrong')];
  for (const folder of [right, wrong]) mkdirSync(folder);
  fill(join(right, 'v.db'), 1);
  fill(join(wrong, 'v.db'), 2);
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));

  process.chdir(right);
  const database = how === 'path' ? undefined : new Database('v.db');
  const kv = new KVault(database ?? 'v.db');
  const vk = new VectorKVault(kv, { dimensions: 2, metric: 'l2', residentBytes: 0 });
  onTestFinished(() => {
    kv.close();
    vk.close();
    database?.close();
  });
  process.chdir(wrong);

  const found = await vk.searchAsync([7, 0], 1);
  expect(found).toEqual([{ id: 8n, distance: 0, value: 1 }]);
  const filtered = await vk.searchAsync([7, 0], { k: 1, filter: (id) => id > 20n });
  expect(filtered).toEqual([{ id: 21n, distance: 13, value: 1 }]);
  expect((await buffer(kv.createReadStream('long'))).equals(Buffer.alloc(LONG, 1))).toBe(true);
  const chunks: Buffer[] = [];
  for await (const chunk of kv.createReadStream('long', { start: LONG - 10 })) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toEqual(Buffer.alloc(10, 1));
  await kv.getToFile('long', join(root, 'copy'));

  // The spool file beside the database, and the copy in another thread.
  let spools = '';
  async function* source() {
    yield Buffer.alloc(9 * 1024 * 1024, 3);
    spools = openSpools();
    yield Buffer.from('end');
  }
  await kv.putFile('put', Readable.from(source()));
  if (HAS_PROC) expect(spools).toContain(join(right, '/'));
  expect(spools).not.toContain(join(wrong, '/'));
  expect((kv.get('put') as Buffer).length).toBe(9 * 1024 * 1024 + 3);
  using again = new KVault(join(wrong, 'v.db'));
  expect([again.has('put'), kv.has('put')]).toEqual([false, true]);
});
