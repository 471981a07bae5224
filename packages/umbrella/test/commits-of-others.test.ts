// Every read of the thread sees every earlier commit, no matter who made it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { ColumnVault, type DatabaseSource, KVault, VectorKVault } from 'kohakuvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const COUNT = 20;

function fill(source: DatabaseSource): void {
  const kv = new KVault(source);
  const cv = new ColumnVault(kv);
  const vk = new VectorKVault(kv, { dimensions: 2, metric: 'l2' });
  kv.setMany([
    ['n', 0],
    ['long', Buffer.alloc(100_000)],
  ]);
  cv.createColumn('fixed', 'i32').extend(new Array(COUNT).fill(0));
  cv.createColumn('varying', 'str:utf8').extend(new Array(COUNT).fill('0'));
  vk.insertMany(Array.from({ length: COUNT }, (_, n) => [[n, 0], 0] as const));
  for (const vault of [kv, cv, vk]) vault.close();
}

/** Opens vaults on a file. Each read returns one number: how often the file was changed. */
function readings(source: DatabaseSource, readonly: boolean) {
  const kv = new KVault(source, readonly ? { readonly } : {});
  const cv = new ColumnVault(kv);
  const vk = new VectorKVault(kv, { dimensions: 2, metric: 'l2' });
  onTestFinished(() => void [vk, cv, kv].map((vault) => vault.close()));
  const [fixed, varying] = [cv.column('fixed'), cv.column('varying')];
  const reads: Record<string, () => unknown> = {
    'kv.get': () => kv.get('n'),
    'kv.getMany': () => kv.getMany(['n'])[0],
    'kv.entries': () => [...kv.entries({ gte: 'n', limit: 1 })][0]?.[1],
    'kv.size': () => kv.size - 2,
    'kv.openBlob': () => {
      using blob = kv.openBlob('long');
      return blob.read(50_000, 1)[0];
    },
    'kv.snapshot': () => kv.snapshot(() => kv.get('n')),
    'column.at of numbers': () => fixed.at(0),
    'column.slice of numbers': () => fixed.slice(0, 1)[0],
    'column iteration of numbers': () => [...fixed][0],
    'column.length of numbers': () => fixed.length - COUNT,
    'column.at': () => Number(varying.at(0)),
    'column.slice': () => Number(varying.slice(0, 1)[0]),
    'column.length': () => varying.length - COUNT,
    listColumns: () => (cv.listColumns()[0]?.length ?? 0) - COUNT,
    'vk.search': () => vk.search([0, 0], 1)[0]?.value,
    'vk.searchMany': () => vk.searchMany([[0, 0]], 1)[0]?.[0]?.value,
    'vk.search of the vectors': () =>
      Number(vk.search([1_000, 0], 1)[0]?.distance === 0) * vk.search([1_000, 0], 1).length,
    'vk.getById': () => vk.getById(1)?.value,
    'vk iteration': () => [...vk][0]?.[2],
    'vk.size': () => vk.size - COUNT,
  };
  return { reads };
}

const isOnlyOnce = (name: string) => name === 'vk.search of the vectors';

/** Changes everything once more, by SQL or by vaults. */
function writer(source: DatabaseSource) {
  const kv = new KVault(source);
  const cv = new ColumnVault(kv);
  const vk = new VectorKVault(kv, { dimensions: 2, metric: 'l2' });
  return (n: number) => {
    kv.transaction(() => {
      kv.set('n', n);
      kv.set(`key ${n}`, n);
      kv.set('long', Buffer.alloc(100_000, n));
      const [fixed, varying] = [cv.column('fixed'), cv.column('varying')];
      fixed.set(0, n);
      fixed.append(n);
      varying.set(0, String(n));
      varying.append(String(n));
      vk.update(1, { value: n });
      if (n === 1) vk.update(2, { vector: [1_000, 0] });
      vk.insert([500 + n, 0], n);
    });
  };
}

const READERS: Record<string, (file: string) => ReturnType<typeof readings>> = {
  'a readonly vault': (file) => readings(file, true),
  'a writable vault': (file) => readings(file, false),
  "a vault on the user's Database": (file) => {
    const database = new Database(file);
    onTestFinished(() => void database.close());
    return readings(database, false);
  },
  "a vault on the user's readonly Database": (file) => {
    const database = new Database(file, { readonly: true });
    onTestFinished(() => void database.close());
    return readings(database, false);
  },
};

describe.each(Object.entries(READERS))('%s', (how, open) => {
  test.each(['a vault', "the user's second Database"])(
    'sees at once what %s committed in the same thread and macrotask',
    async (who) => {
      const file = tempFile();
      fill(file);
      const reader = open(file);
      // Always another connection.
      const second = new Database(file);
      onTestFinished(() => void second.close());
      const write = writer(who === 'a vault' && how === 'a readonly vault' ? file : second);
      for (let n = 1; n <= 4; n++) {
        for (const [name, read] of Object.entries(reader.reads)) {
          expect(read(), name).toBe(isOnlyOnce(name) ? Math.min(1, n - 1) : n - 1);
        }
        write(n);
        if (n === 3) await immediate();
      }
    },
  );

  test('sees commits by SQL of a second Database, during a loop', () => {
    const file = tempFile();
    fill(file);
    const { reads } = open(file);
    const second = new Database(file);
    onTestFinished(() => void second.close());
    const update = second.prepare(
      "UPDATE kv SET value = x'894b01020000' || x'0000564b' || ? WHERE key = CAST('n' AS BLOB)",
    );
    for (let n = 1; n <= 50; n++) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(n));
      update.run(bytes);
      expect(reads['kv.get']?.()).toBe(n);
      expect(reads['kv.getMany']?.()).toBe(n);
    }
  });

  test('sees commits of another process for which the thread has waited', () => {
    const file = tempFile();
    fill(file);
    const { reads } = open(file);
    const names = [
      'kv.get',
      'kv.getMany',
      'kv.entries',
      'column.at of numbers',
      'column.slice of numbers',
      'column.at',
      'vk.search',
      'vk.getById',
    ];
    // The thing that is read first is written last.
    for (const name of names.toReversed()) reads[name]?.();
    const program = join(import.meta.dirname, 'scripts/write-sevens.mjs');
    execFileSync(process.execPath, ['--conditions=@kohakuvault/source', program, file], { stdio: 'inherit' });
    for (const name of names) expect(reads[name]?.(), name).toBe(7);
  });

  test('sees commits of another thread, in a loop that never ends its macrotask', () => {
    const file = tempFile();
    fill(file);
    const { reads } = open(file);
    const state = new Int32Array(new SharedArrayBuffer(4));
    const program = `
      const { workerData } = require('node:worker_threads');
      const Database = require(workerData.peer);
      const { state, file } = workerData;
      const database = new Database(file);
      database.prepare("DELETE FROM kv WHERE key = CAST('n' AS BLOB)").run();
      Atomics.store(state, 0, 1);
      database.close();
    `;
    const peer = import.meta.resolve('better-sqlite3').replace('file://', '');
    const worker = new Worker(program, { eval: true, workerData: { peer, state, file } });
    onTestFinished(() => void worker.terminate());
    // The other thread may take any time to start.
    while (Atomics.load(state, 0) === 0) reads['kv.get']?.();
    expect([reads['kv.get']?.(), reads['kv.getMany']?.()]).toEqual([undefined, undefined]);
  });
});
