// opened-beside.ts FOLDER ROUNDS: vaults that are opened and closed beside another vault. Run with --expose-gc;
// prints the growth of the process in bytes.
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { ColumnVault, type DatabaseSource, KVault, VectorKVault } from 'kohakuvault';

const [, , folder, rounds] = process.argv as [string, string, string, string];

/** The work of a server for one request. */
const REQUESTS: Record<string, (source: DatabaseSource, n: number) => void> = {
  kv: (source, n) => {
    using vault = new KVault(source);
    vault.set(`key ${n % 50}`, n);
    vault.get(`key ${n % 50}`);
    vault.cache(() => vault.set('cached', n));
  },
  columns: (source, n) => {
    using vault = new ColumnVault(source);
    const column = vault.ensure('a', 'i32');
    if (n % 100 === 0) column.clear();
    column.enableCache();
    column.append(n);
    column.at(-1);
  },
  vectors: (source, n) => {
    using vault = new VectorKVault(source, { dimensions: 2 });
    if (n % 100 === 0) vault.clear();
    vault.insert([n, 1], n);
    vault.search([n, 1], 1);
  },
};

async function repeat(request: (n: number) => void, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    request(n);
    if (n % 200 === 0) {
      await turn();
      globalThis.gc?.();
    }
  }
  await turn();
  globalThis.gc?.();
  await turn();
}

const grown: Record<string, number> = {};
for (const how of ['path', 'Database']) {
  for (const [name, request] of Object.entries(REQUESTS)) {
    const file = join(folder, `${how} ${name}.db`);
    const source = how === 'path' ? file : new Database(file);
    // Nothing here must survive a crash.
    const beside = new KVault(source, how === 'path' ? { synchronous: 'off' } : {});
    if (typeof source !== 'string') source.pragma('synchronous = OFF');
    beside.set('beside', 1);
    // The other variants do more per round.
    const count = name === 'kv' ? Number(rounds) : Number(rounds) / 8;
    // Until then the heap of the process grows for all sorts of reasons.
    await repeat((n) => request(source, n), count);
    const before = process.memoryUsage.rss();
    await repeat((n) => request(source, n), count);
    grown[`${how} ${name}`] = process.memoryUsage.rss() - before;
    if (beside.get('beside') !== 1) throw new Error('the vault beside is gone');
    beside.close();
  }
}
console.log(JSON.stringify(grown));
