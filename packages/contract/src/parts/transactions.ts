import assert from 'node:assert/strict';
import { KohakuVaultError } from '@kohakuvault/core-native';
import type { Vault } from '@kohakuvault/core-native/database';
import { assertCode, thrownBy } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import { UNDOINGS } from '../harness/undoings.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

const NOT_BODIES = [undefined, null, 1, 'body', {}];

export function transactions<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  check('returns what the body returns, shows its writes inside, and keeps them', (fixture) => {
    const { file, vault } = fixture.filled([1]);
    const result = vault.transaction(() => {
      fixture.write(vault, 2);
      kind.remove(vault, 1);
      fixture.assertItems(vault, [2], 'inside');
      fixture.assertStored(file, [1], 'the file meanwhile');
      return 42;
    });
    assert.equal(result, 42);
    fixture.assertBoth(vault, [2]);
  });

  check('undoes everything when the body throws, and lets the error through', (fixture) => {
    const { vault } = fixture.filled([1]);
    const error = new RangeError('of the body');
    const thrown = thrownBy(() =>
      vault.transaction(() => {
        fixture.write(vault, 2);
        fixture.assertItems(vault, [1, 2], 'inside');
        throw error;
      }),
    );
    assert.equal(thrown, error);
    fixture.assertBoth(vault, [1]);
  });

  check('lets an error of the SQL of the user through as it is', (fixture) => {
    const { vault } = fixture.filled([1]);
    const thrown = thrownBy(() =>
      vault.transaction(() => {
        fixture.write(vault, 2);
        vault.database.exec('nonsense');
      }),
    );
    assert.match(String(thrown), /syntax error/);
    assert.equal(thrown instanceof KohakuVaultError, false);
    fixture.assertBoth(vault, [1]);
  });

  check('covers every vault on the connection, and tables of the user', (fixture) => {
    const { vault } = fixture.filled([1]);
    const other = fixture.open(vault);
    const { database } = vault;
    database.exec('CREATE TABLE theirs (n)');
    const both = () => {
      fixture.write(vault, 2);
      fixture.write(other, 3);
      database.exec('INSERT INTO theirs VALUES (1)');
    };
    const rows = () => database.prepare('SELECT count(*) FROM theirs').pluck().get();
    UNDOINGS['transaction()']({ vault, database }, both);
    fixture.assertBoth(vault, [1]);
    fixture.assertItems(other, [1]);
    assert.equal(rows(), 0);
    other.transaction(both);
    fixture.assertBoth(vault, [1, 2, 3]);
    assert.equal(rows(), 1);
  });

  check('refuses a body that is not a function', (fixture) => {
    const { vault } = fixture.filled([1]);
    for (const body of NOT_BODIES) {
      assertCode('KV_INVALID_ARGUMENT', () => vault.transaction(body as never), String(body));
      assertCode('KV_INVALID_ARGUMENT', () => vault.snapshot(body as never), String(body));
    }
  });

  check('refuses a promise and undoes what was done', (fixture) => {
    const { vault } = fixture.filled([1]);
    // @ts-expect-error: a promise
    assertCode('KV_INVALID_ARGUMENT', () => vault.transaction(async () => fixture.write(vault, 2)), 'async');
    const promising = () => {
      fixture.write(vault, 2);
      return Promise.resolve();
    };
    // @ts-expect-error: a promise
    assertCode('KV_INVALID_ARGUMENT', () => vault.transaction(promising), 'a promise');
    // @ts-expect-error: a promise
    assertCode('KV_INVALID_ARGUMENT', () => vault.snapshot(async () => 1), 'async snapshot');
    fixture.assertBoth(vault, [1]);
  });

  check('reports a transaction that is ended inside its body, and works afterwards', (fixture) => {
    const { vault } = fixture.filled([1]);
    for (const [end, expected] of [
      ['ROLLBACK', [1]],
      ['ROLLBACK; BEGIN', [1]],
      ['COMMIT', [1, 2]],
    ] as const) {
      const body = () => {
        fixture.write(vault, 2);
        vault.database.exec(end);
      };
      assertCode('KV_ERROR', () => vault.transaction(body), end);
      if (vault.database.inTransaction) vault.database.exec('ROLLBACK');
      fixture.assertBoth(vault, expected, end);
    }
    vault.transaction(() => fixture.write(vault, 3));
    fixture.assertBoth(vault, [1, 2, 3]);
  });

  check('refuses to write in a body whose transaction SQLite has rolled back', (fixture) => {
    const { vault } = fixture.filled([1]);
    const { database } = vault;
    const body = () => {
      fixture.write(vault, 2);
      database.exec('ROLLBACK');
      fixture.assertItems(vault, [1], 'inside, after ROLLBACK');
      fixture.write(vault, 3);
    };
    assertCode('KV_ERROR', () => vault.transaction(body));
    fixture.assertBoth(vault, [1]);
  });

  check('refuses checkpoint() and optimize() inside, and both work outside', (fixture) => {
    const { vault } = fixture.filled([1, 2, 3]);
    vault.transaction(() => {
      assertCode('KV_INVALID_ARGUMENT', () => vault.checkpoint());
      assertCode('KV_INVALID_ARGUMENT', () => vault.optimize());
    });
    kind.remove(vault, 2);
    vault.optimize();
    fixture.assertBoth(vault, [1, 3], 'after optimize()');
    assert.equal(vault.checkpoint('truncate').busy, 0);
    fixture.assertBoth(vault, [1, 3], 'after checkpoint()');
    assertCode('KV_INVALID_ARGUMENT', () => vault.checkpoint('sideways' as never));
  });

  check('snapshot() shows one state, whatever another connection commits meanwhile', (fixture) => {
    const { file, vault } = fixture.filled([1, 2]);
    const writer = fixture.open(fixture.database(file));
    vault.snapshot(() => {
      // Before the first read: the state is fixed when snapshot() begins.
      fixture.write(writer, 3);
      fixture.assertItems(vault, [1, 2], 'inside');
      kind.remove(writer, 1);
      fixture.assertItems(vault, [1, 2], 'inside, later');
    });
    fixture.assertItems(vault, [2, 3], 'afterwards');
  });
}
