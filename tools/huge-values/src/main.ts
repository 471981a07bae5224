// Stores a value that is too long for a row of SQLite, and reads it back: see ../README.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { KVault } from '@kohakuvault/kvault';

const MiB = 1024 * 1024;
/** The most memory that a stream may take, in MiB. */
const MOST_MIB = 64;

const { values } = parseArgs({ options: { size: { type: 'string', default: '1500000000' } } });
const size = Number(values.size);
if (!Number.isSafeInteger(size) || size < 10) throw new Error(`--size is ${values.size}; expected a number of bytes`);

/** Fills memory with the value's bytes from an offset on: neighboring pages and parts differ. */
function fill(target: Buffer, from: number): Buffer {
  for (let at = 0; at + 8 <= target.length; at += 8) target.writeDoubleLE(from + at, at);
  return target;
}

function makeSource(path: string): string {
  const hash = createHash('sha256');
  const descriptor = openSync(path, 'w');
  for (let done = 0; done < size; done += MiB) {
    const chunk = fill(Buffer.alloc(MiB), done).subarray(0, size - done);
    hash.update(chunk);
    writeSync(descriptor, chunk);
  }
  closeSync(descriptor);
  return hash.digest('hex');
}

async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Runs a step and prints its time and memory. The memory is bounded, unless the step returns the value itself. */
async function step(name: string, work: () => unknown, most = MOST_MIB): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1_000;
  clearInterval(timer);
  const grown = (Math.max(peak, process.memoryUsage.rss()) - before) / MiB;
  console.log(`${name}: ${seconds.toFixed(1)} s, memory grew by ${Math.round(grown)} MiB`);
  assert(grown < most, `${name}: memory grew by ${grown} MiB; expected less than ${most}`);
}

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-huge-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const [source, target] = [join(folder, 'source'), join(folder, 'target')];
const expected = makeSource(source);
using vault = new KVault<Buffer>(join(folder, 'vault.db'));
const partsLeft = () => vault.database.prepare('SELECT count(*) FROM kohakuvault_parts_kv').pluck().get();
console.log(`a value of ${size} bytes, ${(size / 1e9).toFixed(2)} times SQLite's limit`);

await step('putFile from a path', async () => assert.equal(await vault.putFile('film', source), size));
await step('createWriteStream over it', () => pipeline(createReadStream(source), vault.createWriteStream('film')));
assert.deepEqual([vault.size, vault.has('film'), [...vault.keys()]], [1, true, ['film']]);
await step('getToFile', async () => assert.equal(await vault.getToFile('film', target), size));
assert.equal(await hashOf(createReadStream(target)), expected);
rmSync(target);
await step('createReadStream', async () => assert.equal(await hashOf(vault.createReadStream('film')), expected));
await step('a range of the last bytes', async () => {
  const [chunk] = await vault.createReadStream('film', { start: size - 9 }).toArray();
  assert.equal((chunk as Buffer).length, 9);
});
await step('openBlob: 1,000 reads at random, and a write', () => {
  using blob = vault.openBlob('film', { writable: true });
  for (let count = 0; count < 1_000; count++) {
    const place = Math.floor((Math.random() * (size - 16)) / 8) * 8;
    assert.equal(blob.read(place, 8).readDoubleLE(), place);
  }
  blob.write(size - 1, Buffer.of(1));
  assert.equal(blob.read(size - 1, 1)[0], 1);
});
await vault.putFile('film', source);
const inMemory = 2 * (size / MiB) + MOST_MIB;
await step(
  'get',
  () =>
    assert.equal(
      createHash('sha256')
        .update(vault.get('film') as Buffer)
        .digest('hex'),
      expected,
    ),
  inMemory,
);
await step('set', () => vault.set('film', Buffer.alloc(size, 1)), inMemory);
assert.equal(vault.openBlob('film').read(size - 1, 1)[0], 1);
await step('overwriting by SQL, as the Python package does', () =>
  vault.database.exec(
    "INSERT INTO kv VALUES (x'66696c6d', x'00') ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  ),
);
assert.equal(partsLeft(), 0);

// In a process of its own: two copies of SQLite on one file would lose data.
const other =
  "new (require('node:sqlite').DatabaseSync)(process.argv[1]).exec(\"INSERT INTO kv VALUES (x'72', zeroblob(600000000))\")";
execFileSync(process.execPath, ['-e', other, vault.path]);
await step(
  'a row of 600 MB that another program wrote, iterated',
  () => {
    assert.deepEqual(
      [...vault.entries()].map(([key, value]) => [key, value.length]),
      [
        ['film', 1],
        ['r', 600_000_000],
      ],
    );
  },
  2_000,
);
await step('the same to a file', async () => assert.equal(await vault.getToFile('r', target), 600_000_000));
assert.equal(vault.database.pragma('integrity_check', { simple: true }), 'ok');
console.log('all bytes were the same, no part is left, and the file passes integrity_check');
