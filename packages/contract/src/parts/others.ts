import type { Vault } from '@kohakuvault/core-native/database';
import type { Fixture } from '../harness/fixture.ts';
import type { Check } from '../harness/part.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

/** Where another vault on the file of a vault comes from. */
const OTHERS: Readonly<Record<string, <V extends Vault>(fixture: Fixture<V>, vault: V) => V>> = {
  'another vault on the connection': (fixture, vault) => fixture.open(vault),
  'a vault on another connection': (fixture, vault) => fixture.open(fixture.database(vault.path)),
};

/** How the vault that must see the changes of others is opened. */
const READERS: Readonly<Record<string, <V extends Vault>(fixture: Fixture<V>, file: string) => V>> = {
  'a vault': (fixture, file) => fixture.open(file),
  "a vault on the user's Database": (fixture, file) => fixture.open(fixture.database(file)),
  'a vault without WAL': (fixture, file) => fixture.open(file, { enableWal: false }),
};

export function others<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  for (const [reader, open] of Object.entries(READERS)) {
    for (const [writer, openOther] of Object.entries(OTHERS)) {
      check(`${reader} sees at once what ${writer} has committed`, (fixture) => {
        const vault = open(fixture, fixture.newFile());
        const other = openOther(fixture, vault);
        fixture.write(vault, 1);
        fixture.assertItems(other, [1]);
        for (let round = 1; round <= 3; round++) {
          fixture.assertItems(vault, [round], 'before');
          other.transaction(() => {
            fixture.write(other, round + 1);
            kind.remove(other, round);
          });
          fixture.assertItems(vault, [round + 1], 'after');
          // Own changes between those of the other: what is in memory must have both.
          fixture.write(vault, 100 + round);
          fixture.assertItems(other, [round + 1, 100 + round], 'the other');
          kind.remove(other, 100 + round);
        }
        fixture.assertBoth(vault, [4]);
      });
    }
  }

  check('an uncommitted change of another connection is not seen, nor one that was undone', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const database = fixture.database(file);
    const other = fixture.open(database);
    fixture.assertItems(vault, [1]);
    database.exec('BEGIN');
    fixture.write(other, 2);
    kind.remove(other, 1);
    fixture.assertItems(vault, [1], 'meanwhile');
    fixture.assertItems(other, [2], 'the other');
    database.exec('ROLLBACK');
    fixture.assertItems(vault, [1]);
    fixture.assertItems(other, [1], 'the other');
  });

  check('two connections that write in turn lose nothing', (fixture) => {
    const { file, vault } = fixture.filled([]);
    const other = fixture.open(fixture.database(file));
    const items: number[] = [];
    for (let item = 1; item <= 20; item++) {
      fixture.write(item % 2 === 0 ? vault : other, item);
      items.push(item);
      if (item % 5 === 0) fixture.assertItems(vault, items);
    }
    fixture.assertBoth(vault, items);
    fixture.assertItems(other, items, 'the other');
  });

  check('a transaction sees what was committed before it began', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const other = fixture.open(fixture.database(file));
    fixture.assertItems(vault, [1]);
    fixture.write(other, 2);
    vault.transaction(() => {
      fixture.assertItems(vault, [1, 2], 'inside');
      fixture.write(vault, 3);
    });
    fixture.assertBoth(vault, [1, 2, 3]);
  });
}
