// How the copies and checkpoints of many uploads are spread over turns of the event loop.
import { existsSync, statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { pattern, same, tempVault } from './support.ts';

const MiB = 1024 * 1024;
const UPLOADS = 15;
const bytes = pattern(3 * MiB);

test('many uploads at once, if no other thread may open the file: each turn has a copy or a checkpoint', async () => {
  const { vault, file } = tempVault();
  // Its user may ask for what another connection stands in the way of.
  void vault.database;
  let turn = 0;
  let counting = true;
  const count = () => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  onTestFinished(() => {
    counting = false;
  });
  const lengths: number[] = [];
  const wal: number[] = [];
  const stored = await Promise.all(
    Array.from({ length: UPLOADS }, async (_, index) => {
      let before = 0;
      let began = 0;
      const onCommit = () => {
        began = turn;
        before = statSync(file).size;
      };
      await vault.putFile(`key ${index}`, bytes, { onCommit });
      lengths.push(statSync(file).size - before);
      wal.push(statSync(`${file}-wal`).size);
      expect(turn).toBe(began);
      return began;
    }),
  );
  expect(new Set(stored).size).toBe(UPLOADS);
  expect(new Set(lengths)).toEqual(new Set([0]));
  // The checkpoints ran between: the WAL is much shorter than what was written, and than SQLite's limit.
  expect(Math.max(...wal)).toBeLessThan(20 * MiB);
  expect(vault.size).toBe(UPLOADS);
});

test('a checkpoint waits for the end of a transaction, and is not needed after the vault is closed', async () => {
  const { vault } = tempVault();
  await Promise.all([1, 2, 3].map((key) => vault.putFile(`${key}`, bytes)));
  const { database } = vault;
  database.exec('BEGIN');
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  database.exec('COMMIT');
  await Promise.all([4, 5, 6].map((key) => vault.putFile(`${key}`, bytes)));
  vault.close();
  expect(vault.open).toBe(false);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
});

describe('another thread moves the WAL', () => {
  /** Stores so much that it is moved. */
  async function put(vault: KVault) {
    for (const key of [1, 2, 3]) await vault.putFile(`${key}`, bytes);
  }

  test('into the file, without a checkpoint of this thread', async () => {
    const { vault, file } = tempVault({ idleCheckpoint: 0 });
    const before = statSync(file).size;
    await put(vault);
    // Otherwise the test's time limit ends it.
    while (vault.walStats().checkpointed === 0) await turn();
    expect(statSync(file).size).toBeGreaterThan(before);
    expect(same(vault.get('3'), bytes)).toBe(true);
  });

  test.each([
    ['in their rows', undefined],
    ['in parts', 2 * MiB],
  ])('and copies make way for it, so that no commit must (values %s)', async (_, maxBlobBytes) => {
    const { vault, file } = tempVault({ maxBlobBytes });
    const value = pattern(7 * MiB);
    let longest = 0;
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await vault.putFile(`${index}`, value);
        longest = Math.max(longest, statSync(`${file}-wal`).size);
      }),
    );
    // They make way from 96 MiB on. From 256 MiB on, a commit would move it.
    expect(longest).toBeLessThan(150 * MiB);
    expect(vault.size).toBe(50);
    expect(same(vault.get('49'), value)).toBe(true);
  });

  test.each<[string, (vault: KVault) => void]>([
    ['close', (vault) => vault.close()],
    ['the close of its Database', (vault) => vault.database.close()],
  ])('and has ended after %s', async (_, close) => {
    const { vault, file } = tempVault();
    await put(vault);
    await turn();
    close(vault);
    expect(existsSync(`${file}-wal`)).toBe(false);
    using again = new KVault(file);
    expect(same(again.get('1'), bytes)).toBe(true);
  });

  test('and keeps nobody from having the file alone', async () => {
    const { vault } = tempVault();
    await put(vault);
    await turn();
    expect(vault.checkpoint('truncate').busy).toBe(0);
    await put(vault);
    await turn();
    expect(vault.database.pragma('journal_mode = DELETE', { simple: true })).toBe('delete');
  });

  test('and commits of other writes move the WAL again afterwards', async () => {
    const pagesAtMost = ({ vault }: { vault: KVault }) => vault.database.pragma('wal_autocheckpoint', { simple: true });
    const made = tempVault();
    await put(made.vault);
    await made.vault.putFile('long', pattern(12 * MiB));
    expect(pagesAtMost(made)).toBe(pagesAtMost(tempVault()));
  });

  test('but not if the user has turned that off', async () => {
    const { vault } = tempVault();
    vault.database.pragma('wal_autocheckpoint = 0');
    await put(vault);
    expect(vault.database.pragma('wal_autocheckpoint', { simple: true })).toBe(0);
  });
});
