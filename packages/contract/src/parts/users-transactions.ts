import assert from 'node:assert/strict';
import type { Vault } from '@kohakuvault/core-native/database';
import type { Borrowed } from '../harness/fixture.ts';
import type { Check } from '../harness/part.ts';
import { UNDOINGS } from '../harness/undoings.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

/** The transactions of the user in which work is kept, by name. */
const KEPT: Readonly<Record<string, (open: Borrowed<Vault>, work: () => void) => void>> = {
  'BEGIN and COMMIT': ({ database }, work) => {
    database.exec('BEGIN');
    work();
    database.exec('COMMIT');
  },
  'SAVEPOINT and RELEASE': ({ database }, work) => {
    database.exec('SAVEPOINT theirs');
    work();
    database.exec('RELEASE theirs');
  },
  'db.transaction': ({ database }, work) => database.transaction(work)(),
  'db.transaction around transaction()': ({ database, vault }, work) =>
    database.transaction(() => vault.transaction(work))(),
  'db.transaction in transaction()': ({ database, vault }, work) => vault.transaction(database.transaction(work)),
  'SAVEPOINT in transaction()': ({ database, vault }, work) =>
    vault.transaction(() => {
      database.exec('SAVEPOINT theirs');
      work();
      database.exec('RELEASE theirs');
    }),
  'an earlier savepoint that was rolled back': ({ database }, work) => {
    database.exec('BEGIN; SAVEPOINT theirs; ROLLBACK TO theirs');
    work();
    database.exec('COMMIT');
  },
};

/** What is done to a vault with the items 1 and 2, by name. */
export function workOf<V extends Vault>(kind: VaultKind<V>): Record<string, (vault: V) => void> {
  return {
    write: (vault) => kind.write(vault, 5),
    remove: (vault) => kind.remove(vault, 1),
    'write and remove': (vault) => {
      kind.write(vault, 5);
      kind.remove(vault, 2);
      kind.remove(vault, 5);
    },
    'write in transaction()': (vault) => vault.transaction(() => kind.write(vault, 5)),
    'an empty transaction()': (vault) => vault.transaction(() => undefined),
    ...Object.fromEntries(
      Object.entries({ ...kind.writes, ...kind.directWrites }).map(
        ([name, write]) => [name, (vault: V) => write(vault, 5)] as const,
      ),
    ),
  };
}

export function usersTransactions<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  for (const [name, keep] of Object.entries(KEPT)) {
    check(`${name} keeps what is done inside, and shows it to others only when it ends`, (fixture) => {
      const open = fixture.borrowed(1);
      const { file, vault } = open;
      keep(open, () => {
        fixture.write(vault, 2);
        kind.remove(vault, 1);
        fixture.assertItems(vault, [2], 'inside');
        fixture.assertStored(file, [1], 'the file meanwhile');
      });
      fixture.assertBoth(vault, [2]);
    });
  }

  for (const [name, undo] of Object.entries(UNDOINGS)) {
    check(`${name} undoes every kind of work`, (fixture) => {
      const open = fixture.borrowed(1, 2);
      const { database, vault } = open;
      for (const [what, work] of Object.entries(workOf(kind))) {
        // What is read may stay in memory, before the work and inside.
        fixture.assertItems(vault, [1, 2]);
        undo(open, () => {
          work(vault);
          fixture.readAll(vault);
        });
        assert.equal(database.inTransaction, false);
        fixture.assertBoth(vault, [1, 2], what);
        fixture.write(vault, 9);
        fixture.assertBoth(vault, [1, 2, 9], `${what}, and then a write`);
        kind.remove(vault, 9);
      }
    });
  }

  check('each savepoint is undone alone', (fixture) => {
    const { file, database, vault } = fixture.borrowed(1);
    database.exec('BEGIN');
    fixture.write(vault, 2);
    database.exec('SAVEPOINT a');
    fixture.write(vault, 3);
    database.exec('SAVEPOINT b');
    kind.remove(vault, 1);
    vault.transaction(() => fixture.write(vault, 4));
    fixture.assertItems(vault, [2, 3, 4]);
    database.exec('ROLLBACK TO b');
    fixture.assertItems(vault, [1, 2, 3], 'after ROLLBACK TO b');
    fixture.write(vault, 5);
    database.exec('ROLLBACK TO a');
    fixture.assertItems(vault, [1, 2], 'after ROLLBACK TO a');
    fixture.write(vault, 6);
    database.exec('COMMIT');
    fixture.assertItems(vault, [1, 2, 6]);
    fixture.assertStored(file, [1, 2, 6]);
  });
}
