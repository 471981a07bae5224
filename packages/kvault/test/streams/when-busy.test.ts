// What a promise stands for waits for the write lock without blocking the thread.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureOf, pattern, reasonOf, same, tempVault } from './support.ts';

const MiB = 1024 * 1024;
const short = pattern(600_000);
const inParts = pattern(3 * MiB);
/** A blocked thread would never come to release the lock, and fail. */
const PATIENT = { maxBlobBytes: MiB, busyTimeout: 60_000 };

/** Opens a vault, and has another connection of this thread take the write lock. */
function locked(options = {}) {
  const made = tempVault({ ...PATIENT, ...options });
  made.vault.set('old', short);
  const database = new Database(made.file);
  onTestFinished(() => void database.close());
  database.exec('BEGIN IMMEDIATE');
  return { ...made, database };
}

type Store = (vault: KVault, key: string, bytes: Buffer, signal?: AbortSignal) => Promise<unknown>;
const ways: [string, Store][] = [
  ['putFile', (vault, key, bytes, signal) => vault.putFile(key, bytes, signal && { signal })],
  [
    'putFile of a stream',
    (vault, key, bytes, signal) => vault.putFile(key, [bytes], signal && { signal, onCommit: () => {} }),
  ],
  [
    'createWriteStream',
    async (vault, key, bytes, signal) => {
      const stream = vault.createWriteStream(key, signal && { signal });
      stream.end(bytes);
      await once(stream, 'finish');
    },
  ],
];

describe.each(ways)('%s', (_, store) => {
  test.each([
    ['in a row', short],
    ['in parts', inParts],
    ['in parts, by another thread', pattern(9 * MiB)],
  ])('of a value %s waits for a lock that this thread must release', async (__, bytes) => {
    const { vault, database } = locked();
    const given = Buffer.from(bytes);
    const storing = store(vault, 'key', given);
    for (let turns = 0; turns < 20; turns++) await turn();
    // A caller that gave bytes, and not a stream, may use them again.
    if (store === ways[0]?.[1]) given.fill(0);
    expect(vault.has('key')).toBe(false);
    database.exec('COMMIT');
    await storing;
    expect(same(vault.get('key'), bytes)).toBe(true);
  });

  test.each([
    ['in a row', short],
    ['in parts', inParts],
  ])('of a value %s fails with KV_BUSY after busyTimeout, and stores nothing', async (__, bytes) => {
    const { vault, database } = locked({ busyTimeout: 30 });
    const error = await failureOf(() => store(vault, 'old', bytes));
    expect(error.code).toBe('KV_BUSY');
    expect(error.message).toMatch(/waited \d+ ms, tried \d+ times/);
    database.exec('COMMIT');
    expect(same(vault.get('old'), short)).toBe(true);
    await store(vault, 'old', bytes);
    expect(same(vault.get('old'), bytes)).toBe(true);
  });

  test('can be aborted meanwhile', async () => {
    const { vault, database } = locked();
    const aborting = new AbortController();
    const reason = new Error('no longer wanted');
    const storing = reasonOf(() => store(vault, 'key', inParts, aborting.signal));
    for (let turns = 0; turns < 5; turns++) await turn();
    aborting.abort(reason);
    expect(await storing).toBe(reason);
    database.exec('COMMIT');
    expect(vault.has('key')).toBe(false);
  });

  test('ends with the vault', async () => {
    const { vault } = locked();
    const storing = failureOf(() => store(vault, 'key', inParts));
    for (let turns = 0; turns < 5; turns++) await turn();
    vault.close();
    expect((await storing).code).toBe('KV_CLOSED');
  });
});

test('those that wait are stored in the order in which they were asked for', async () => {
  const { vault, database } = locked();
  const order: number[] = [];
  const storing = [1, 2, 3, 4].map((number) =>
    vault.putFile(`key ${number}`, short, { onCommit: () => void order.push(number) }),
  );
  await turn();
  database.exec('COMMIT');
  await Promise.all(storing);
  expect(order).toEqual([1, 2, 3, 4]);
});

test('a transaction of the user that is open when the file becomes free is not joined', async () => {
  const { vault, database } = locked();
  const storing = failureOf(() => vault.putFile('key', [short]));
  await turn();
  database.exec('COMMIT');
  vault.database.exec('BEGIN');
  expect((await storing).code).toBe('KV_BUSY');
  vault.database.exec('COMMIT');
  expect(vault.has('key')).toBe(false);
});

test('a short value does not wait for the end of a long one', async () => {
  const { vault, folder } = tempVault(PATIENT);
  writeFileSync(join(folder, 'source'), pattern(100 * MiB));
  const ended: string[] = [];
  const long = vault.putFile('long', join(folder, 'source')).then(() => ended.push('long'));
  await vault.putFile('in parts', inParts).then(() => ended.push('in parts'));
  await vault.putFile('in a row', short).then(() => ended.push('in a row'));
  await long;
  expect(ended).toEqual(['in parts', 'in a row', 'long']);
});
