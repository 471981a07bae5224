import assert from 'node:assert/strict';
import { KohakuVaultError } from '@kohakuvault/core-native';
import type { Vault } from '@kohakuvault/core-native/database';
import { thrownBy } from '../harness/outcomes.ts';
import type { Check } from '../harness/part.ts';
import type { VaultKind } from '../harness/vault-kind.ts';

/**
 * Triggers that call `during()` for each change of the tables. They are temporary: other connections have no such
 * function.
 */
function triggersOn(tables: readonly string[]): string {
  const events = ['INSERT', 'UPDATE', 'DELETE'];
  return tables
    .flatMap((table) => events.map((event) => ({ table, event })))
    .map(
      ({ table, event }) =>
        `CREATE TEMP TRIGGER "contract_${table}_${event}" AFTER ${event} ON main."${table}" ` +
        'BEGIN SELECT during(); END;',
    )
    .join('');
}

/** Asserts that a call is refused: because a statement writes, or because `close` is called in a transaction of ours. */
function assertRefused(call: () => unknown, what: string): void {
  const error = thrownBy(call, what);
  assert.ok(error instanceof KohakuVaultError, `${what}: ${String(error)}`);
  assert.match(error.code, /^KV_(BUSY|INVALID_ARGUMENT)$/, what);
}

export function functions<V extends Vault>(kind: VaultKind<V>, check: Check<V>): void {
  const changes: Record<string, (vault: V) => unknown> = {
    write: (vault) => kind.write(vault, 5),
    remove: (vault) => kind.remove(vault, 1),
    'transaction()': (vault) => vault.transaction(() => kind.write(vault, 5)),
    'close()': (vault) => vault.close(),
    ...Object.fromEntries(
      Object.entries(kind.writes ?? {}).map(([name, write]) => [name, (vault: V) => write(vault, 5)] as const),
    ),
  };

  check('that a SELECT of the user calls read what a read outside gives', (fixture) => {
    const { database, vault } = fixture.borrowed(1, 2);
    let calls = 0;
    database.function('during', () => {
      calls++;
      fixture.assertItems(vault, [1, 2], 'inside');
      fixture.assertItems(fixture.open(vault), [1, 2], 'a vault opened inside');
      return null;
    });
    database.prepare('SELECT during()').get();
    database.exec('CREATE TABLE theirs (n); INSERT INTO theirs VALUES (1), (2)');
    database.exec('UPDATE theirs SET n = n + 1 WHERE during() IS NULL');
    assert.equal(calls, 3);
    assert.deepEqual(database.prepare('SELECT n FROM theirs').pluck().all(), [2, 3]);
  });

  check('that a statement of the user calls cannot write while that writes, and change nothing', (fixture) => {
    const { file, database, vault } = fixture.borrowed(1);
    database.exec('CREATE TABLE theirs (n)');
    for (const [name, change] of Object.entries(changes)) {
      database.function('during', () => {
        assertRefused(() => change(vault), name);
        return 1;
      });
      database.exec('INSERT INTO theirs VALUES (during())');
      fixture.assertItems(vault, [1], name);
      fixture.assertStored(file, [1], name);
    }
    assert.equal(database.prepare('SELECT count(*) FROM theirs').pluck().get(), Object.keys(changes).length);
  });

  check('that a trigger on a table of the vault calls read, cannot write, and the write is kept', (fixture) => {
    const { file, database, vault } = fixture.borrowed(1);
    let calls = 0;
    let work = () => {};
    database.function('during', () => {
      calls++;
      work();
      return null;
    });
    database.exec(triggersOn(kind.tables));
    const read = () => fixture.readAll(vault);
    const bodies = {
      read,
      ...Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, refused(name, change)])),
    };
    function refused(name: string, change: (vault: V) => unknown) {
      return () => assertRefused(() => change(vault), `${name} in a trigger`);
    }
    let item = 10;
    const items = [1];
    for (const [name, body] of Object.entries(bodies)) {
      work = body;
      for (const [how, write] of Object.entries({ write: kind.write, ...kind.writes })) {
        item++;
        write(vault, item);
        items.push(item);
        fixture.assertItems(vault, items, `${how}, whose trigger calls ${name}`);
        fixture.assertStored(file, items, `${how}, whose trigger calls ${name}`);
      }
    }
    assert.ok(calls >= Object.keys(bodies).length, 'no trigger was called: are the tables right?');
  });

  check(
    'that a trigger on a table of the vault calls and that throw undo the write, which reports their error',
    (fixture) => {
      const { file, database, vault } = fixture.borrowed(1);
      const thrown = new RangeError('of the function');
      let isOff = false;
      database.function('during', () => {
        if (isOff) return null;
        throw thrown;
      });
      database.exec(triggersOn(kind.tables));
      for (const [name, write] of Object.entries({ write: kind.write, ...kind.writes })) {
        const error = thrownBy(() => write(vault, 5), name);
        assert.ok(error === thrown || (error as Error).cause === thrown, `${name}: ${String(error)}`);
        fixture.assertItems(vault, [1], name);
        fixture.assertStored(file, [1], name);
      }
      isOff = true;
      fixture.write(vault, 2);
      fixture.assertBoth(vault, [1, 2]);
    },
  );
}
