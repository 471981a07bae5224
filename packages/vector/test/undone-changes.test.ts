// What a transaction of the user's undoes inside one of ours, or around it: the copy of the vectors must never outlive it.
import { UNDOINGS } from '@kohakuvault/contract';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { vaultOf } from './support/vaults.ts';

type Vault = ReturnType<typeof vaultOf<string>>;

const CHANGES: Record<string, (vault: Vault) => void> = {
  insert: (vault) => vault.insert([1, 1, 1, 1], 'undone'),
  insertMany: (vault) =>
    vault.insertMany([
      [[1, 1, 1, 2], 'undone'],
      [[1, 1, 2, 1], 'undone'],
    ]),
  delete: (vault) => vault.delete(2),
  'update of the vector': (vault) => vault.update(2, { vector: [9, 9, 9, 9] }),
  'update of the value': (vault) => vault.update(2, { value: 'undone' }),
  clear: (vault) => vault.clear(),
  'delete and insert': (vault) => {
    vault.delete(3);
    vault.insert([1, 1, 1, 1], 'undone');
  },
};

/** Some of the ways to undo a change, inside a transaction of ours and around it. */
const WAYS = [
  'db.transaction in transaction()',
  'ROLLBACK TO in transaction()',
  'ROLLBACK TO around transaction()',
  'BEGIN and ROLLBACK',
] as const;

function filled() {
  const database = new Database(tempFile());
  onTestFinished(() => void database.close());
  const vault = vaultOf<string>({ metric: 'l2' }, database);
  vault.insertMany(Array.from({ length: 8 }, (_, n) => [[n, 0, 0, 0], `vector ${n + 1}`]));
  return { database, vault };
}

const QUERY = [1, 1, 1, 1];
const everything = (vault: Vault) => [
  vault.search(QUERY, 100),
  vault.searchMany([QUERY], 2),
  [...vault],
  vault.size,
  vault.getById(2),
];

test.each(WAYS)(
  'what %s undoes is not found',
  async (way) => {
    for (const [name, change] of Object.entries(CHANGES)) {
      for (const [later, after] of Object.entries(CHANGES)) {
        const { database, vault } = filled();
        // The second search makes the resident copy.
        vault.search(QUERY);
        const before = everything(vault);
        UNDOINGS[way]({ vault, database }, () => {
          change(vault);
          everything(vault);
        });
        expect(everything(vault), name).toEqual(before);
        expect(await vault.searchAsync(QUERY, 100)).toEqual(before[0]);
        after(vault);
        const fresh = vaultOf<string>({ metric: 'l2' }, new Database(database.name, { readonly: true }));
        expect(everything(vault), `${name}, undone, then ${later}`).toEqual(everything(fresh));
        fresh.database.close();
      }
    }
  },
  600_000,
);

test('a body that replaces the transaction is refused, and leaves nothing in memory', () => {
  for (const end of ['ROLLBACK; BEGIN', 'ROLLBACK', 'ROLLBACK; BEGIN; SAVEPOINT kohakuvault_1']) {
    const { database, vault } = filled();
    const before = everything(vault);
    expect(() =>
      vault.transaction(() => {
        vault.insert(QUERY, 'undone');
        everything(vault);
        database.exec(end);
      }),
    ).toThrow('ended inside its body');
    if (database.inTransaction) database.exec('ROLLBACK');
    expect(everything(vault)).toEqual(before);
  }
});

test('a body that rolls back to a savepoint of the user around ours leaves nothing in memory', () => {
  const { database, vault } = filled();
  const before = everything(vault);
  vault.transaction(() => {
    database.exec('SAVEPOINT theirs');
    expect(() =>
      vault.transaction(() => {
        vault.insert(QUERY, 'undone');
        everything(vault);
        database.exec('ROLLBACK TO theirs');
      }),
    ).toThrow('ended inside its body');
    expect(everything(vault)).toEqual(before);
    vault.delete(1);
  });
  expect(vault.search(QUERY, 100)).toEqual((before[0] as { id: bigint }[]).filter(({ id }) => id !== 1n));
});
