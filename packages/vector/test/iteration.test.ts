// An iteration behaves like that of a `Map`: it yields each vector as it is when its turn comes, after any change.

import { UNDOINGS } from '@kohakuvault/contract';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { vaultOf } from './support/vaults.ts';

type Vault = ReturnType<typeof vaultOf<string>>;

const COUNT = 300;

function filled() {
  const file = tempFile();
  const db = new Database(file);
  onTestFinished(() => void db.close());
  const vault = vaultOf<string>({ metric: 'l2', dimensions: 2 }, db);
  vault.insertMany(Array.from({ length: COUNT }, (_, n) => [[n + 1, 0], `old ${n + 1}`]));
  return { file, db, vault };
}
type Filled = ReturnType<typeof filled>;

interface Changes {
  delete(id: bigint): void;
  setValue(id: bigint, value: string): void;
}
const through = (vault: Vault): Changes => ({
  delete: (id) => void vault.delete(id),
  setValue: (id, value) => void vault.update(id, { value }),
});

/** The writers that change the table during an iteration. */
const WRITERS: Record<string, (open: Filled) => Changes> = {
  'the vault itself': ({ vault }) => through(vault),
  'the vault itself, in a transaction': ({ vault }) => ({
    delete: (id) => vault.transaction(() => vault.delete(id)),
    setValue: (id, value) => vault.transaction(() => vault.update(id, { value })),
  }),
  'the other vault on the connection': ({ vault }) => through(new VectorKVault(vault, { dimensions: 2, metric: 'l2' })),
  'a vault on a connection of its own': ({ file }) => through(vaultOf<string>({ metric: 'l2', dimensions: 2 }, file)),
  'SQL of the user on the connection': ({ db }) => ({
    delete: (id) => db.prepare('DELETE FROM vec_kvault WHERE rowid = ?').run(id),
    setValue: (id, value) =>
      db
        .prepare('UPDATE vec_kvault_values SET value = ? WHERE id = ?')
        .run(Buffer.from(`\x89K\x01\x06\0\0\0\0VK${value}`, 'latin1'), id),
  }),
};

describe.each(Object.entries(WRITERS))('%s', (_, writerOf) => {
  test('deleted vectors and replaced values are not yielded', () => {
    const open = filled();
    const changes = writerOf(open);
    const seen: [bigint, number, string][] = [];
    for (const [id, vector, value] of open.vault) {
      seen.push([id, vector[0] as number, value]);
      if (seen.length === 3) {
        for (const gone of [4n, 40n, 128n, 200n]) changes.delete(gone);
        for (const replaced of [5n, 41n, 129n, 201n]) changes.setValue(replaced, 'new');
        open.vault.update(6, { vector: [60, 0] });
      }
      if (seen.length === 250) {
        changes.delete(260n);
        open.vault.insert([COUNT + 1, 0], 'added');
      }
    }
    const expected = Array.from({ length: COUNT }, (_, n) => n + 1)
      .filter((n) => ![4, 40, 128, 200, 260].includes(n))
      .map((n) => [BigInt(n), n === 6 ? 60 : n, [5, 41, 129, 201].includes(n) ? 'new' : `old ${n}`]);
    expect(seen).toEqual([...expected, [BigInt(COUNT + 1), COUNT + 1, 'added']]);
  });
});

/** Some of the ways to undo work: by us, by the user in part, and by the user as a whole. */
const WAYS = ['transaction()', 'ROLLBACK TO in BEGIN', 'ROLLBACK of an open SAVEPOINT'] as const;

test.each(WAYS)('what %s in the loop undoes is not yielded', (way) => {
  const { db, vault } = filled();
  const seen: bigint[] = [];
  for (const [id, vector, value] of vault) {
    expect([vector[0], value]).toEqual([Number(id), `old ${id}`]);
    if (seen.push(id) % 50 !== 5) continue;
    const change = () => {
      vault.delete(id + 1n);
      vault.update(id + 2n, { vector: [0, 0], value: 'undone' });
      vault.insert([1, 1], 'undone');
      expect(vault.has(id + 1n)).toBe(false);
    };
    UNDOINGS[way]({ vault, database: db }, change);
  }
  expect(seen).toHaveLength(COUNT);
});

test('the transaction in which the loop began can be rolled back during the loop', () => {
  const { db, vault } = filled();
  db.exec('BEGIN');
  vault.delete(2);
  vault.update(3, { value: 'undone' });
  const seen: unknown[] = [];
  for (const [id, , value] of vault) {
    if (seen.push([id, value]) === 1) db.exec('ROLLBACK');
    if (seen.length === 3) break;
  }
  expect(seen).toEqual([
    [1n, 'old 1'],
    [2n, 'old 2'],
    [3n, 'old 3'],
  ]);
});
