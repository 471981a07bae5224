// How the copies and checkpoints of many uploads are spread over turns of the event loop.
import { statSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { pattern, tempVault } from './support.ts';

const MiB = 1024 * 1024;
const UPLOADS = 15;
const bytes = pattern(3 * MiB);

test('many uploads at once: each turn has a copy or a checkpoint, never both', async () => {
  const { vault, file } = tempVault();
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
