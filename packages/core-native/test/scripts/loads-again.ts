// Loads the core several times in one thread, as pnpm's hard links and `delete require.cache` do: each load works.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { type NativeBinding, nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';

const require = createRequire(import.meta.url);
const folder = isMainThread ? (process.argv[2] as string) : (workerData as string);
const original = nativeCore().file;

class Foreign extends Error {}
const factory = (code: string, message: string) => new Foreign(`${code} ${message}`);

/** Uses each kind of function of a load. */
function use(binding: NativeBinding, file: string): void {
  binding.setErrorFactory(factory as never);
  const database = new Database(':memory:').loadExtension(file);
  const handle = binding.lastAttached();
  database.exec('CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB)');
  const table = binding.createKvTable(handle, 'kv', false);
  binding.kvSet(handle, table, 'key', Buffer.from('value'));
  const target = Buffer.alloc(9);
  assert.equal(binding.kvGet(handle, table, 'key', target, 0), 5);
  assert.equal(String(target.subarray(0, 5)), 'value');
  const list = binding.listCreate();
  binding.listSet(list, 'key', Buffer.from('value'));
  binding.listRelease(list);
  const tree = binding.treeLoad(8, [1, 2, 3]);
  assert.equal(binding.treeFind(tree, 2), 1);
  binding.treeDrop(tree);
  new binding.CancelFlag().cancel();
  assert.throws(() => binding.kvHas(handle, 7, 'key'), Foreign);
  binding.finalizeStatements(handle);
  database.close();
  assert.throws(() => binding.kvHas(handle, table, 'key'), /^Error: KV_CLOSED/);
}

async function main(): Promise<void> {
  const connection = openDatabase(':memory:');
  mkdirSync(folder, { recursive: true });
  // A copy is another library; its links are the same one.
  const copy = join(folder, 'copy.node');
  copyFileSync(original, copy);
  use(require(copy), copy);
  for (let round = 0; round < 5; round++) {
    const link = join(folder, `link-${round}.node`);
    linkSync(copy, link);
    use(require(link), link);
    delete require.cache[link];
    use(require(link), link);
  }
  delete require.cache[original];
  use(require(original), original);

  // The errors of the first load still have its own classes.
  assert.throws(() => connection.blobs({ table: 'none', column: 'c', key: 'k' }), { code: 'KV_CORRUPT' });
  connection.close();
  if (!isMainThread) return;
  for (let round = 0; round < 2; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: join(folder, `round-${round}`) });
    assert.deepEqual(await once(worker, 'exit'), [0]);
  }
  assert.equal(nativeCore().binding.openConnections(), 0);
  console.log('loaded again');
}

await main();
