// Opens, works and closes many times: nothing may grow.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const [, , folder, rounds] = process.argv as [string, string, string, string];
const file = join(folder, 'again.db');

function round(number: number): void {
  const connection = openDatabase(number % 2 === 0 ? file : ':memory:');
  const { database } = connection.shared;
  database.exec('CREATE TABLE IF NOT EXISTS t (k TEXT PRIMARY KEY, v BLOB)');
  connection.transaction(() => database.prepare('INSERT OR IGNORE INTO t VALUES (?, zeroblob(10))').run('k'));
  // Statements and a read snapshot stay open, and close must end them.
  connection.blobs({ table: 't', column: 'v', key: 'k' }).size('k');
  connection.close();
}

async function repeat(count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    round(number);
    if (number % 100 === 0) await collect();
  }
  await collect();
}

/** Frees the JavaScript side of closed databases, so that only leaks remain. */
async function collect(): Promise<void> {
  globalThis.gc?.();
  await turn();
}

const handles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);
const WARM_UP = 1_000;
await repeat(WARM_UP);
const before = { memory: process.memoryUsage.rss(), handles: handles() };
await repeat(Number(rounds));
const grown = (process.memoryUsage.rss() - before.memory) / Number(rounds);
assert.equal(handles(), before.handles);
assert.equal(nativeCore().binding.openConnections(), 0);
assert.deepEqual(readdirSync(folder), ['again.db']);
// One SQLite connection takes more than 10 KiB, so a leak would show at once.
assert.ok(grown < 2_048, `${grown} bytes a round`);
console.log(`${rounds} rounds, ${Math.round(grown)} bytes each`);
