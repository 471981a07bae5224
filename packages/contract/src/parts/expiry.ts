import assert from 'node:assert/strict';
import type { Vault } from '@kohakuvault/core-native/database';
import type { Check } from '../harness/part.ts';
import { UNDOINGS } from '../harness/undoings.ts';
import { type Expiring, HOLD, type VaultKind } from '../harness/vault-kind.ts';

const HOUR = 3_600_000;
const NEVER = Number.POSITIVE_INFINITY;
const past = () => Date.now() - 1;
const future = () => Date.now() + HOUR;

/** The tests of items that expire, for kinds of vaults that have them. */
export function expiryOf<V extends Vault>(kind: VaultKind<V>, expiry: Expiring<V>, check: Check<V>): void {
  check('an item that has expired is gone for everyone, whichever way it is read', (fixture) => {
    const { file, vault } = fixture.filled([1, 2]);
    expiry.write(vault, 3, future());
    expiry.write(vault, 4, NEVER);
    fixture.assertBoth(vault, [1, 2, 3, 4]);
    const others = [fixture.open(vault), fixture.open(fixture.database(file)), fixture.open(file, { readonly: true })];
    for (const other of others) fixture.assertItems(other, [1, 2, 3, 4], 'another');
    expiry.write(vault, 2, past());
    assert.equal(expiry.touch(vault, 3, past()), true);
    for (const each of [vault, ...others]) fixture.assertItems(each, [1, 4]);
    vault.snapshot(() => fixture.assertItems(vault, [1, 4], 'in a snapshot'));
    vault.transaction(() => fixture.assertItems(vault, [1, 4], 'in a transaction'));
    fixture.assertStored(file, [1, 4]);
  });

  check('an item expires when its time comes', (fixture) => {
    const { vault } = fixture.filled([1]);
    const soon = Date.now() + 20;
    expiry.write(vault, 2, soon);
    const other = fixture.open(fixture.database(vault.path));
    while (Date.now() < soon);
    for (const each of [vault, other]) fixture.assertItems(each, [1]);
    fixture.write(vault, 2);
    for (const each of [vault, other]) fixture.assertItems(each, [1, 2]);
  });

  check('a write in place of an item that expires lasts, and touch gives it another time', (fixture) => {
    const { vault } = fixture.filled([]);
    expiry.write(vault, 1, future());
    expiry.write(vault, 1, NEVER);
    assert.equal(expiry.touch(vault, 2, future()), false);
    assert.equal(expiry.touch(vault, 1, past()), true);
    fixture.assertBoth(vault, []);
    assert.equal(expiry.touch(vault, 1, future()), false);
  });

  check('purge removes what has expired, and nothing else', (fixture) => {
    const { vault } = fixture.filled([1]);
    for (let item = 10; item < 100; item++) expiry.write(vault, item, future());
    vault.transaction(() => {
      for (let item = 10; item < 60; item++) expiry.touch(vault, item, past());
    });
    const left = [1, ...Array.from({ length: 40 }, (_, at) => 60 + at)];
    fixture.assertBoth(vault, left);
    assert.equal(expiry.purge(vault), 50);
    assert.equal(expiry.purge(vault), 0);
    fixture.assertBoth(vault, left);
  });

  for (const [name, undo] of Object.entries(UNDOINGS)) {
    check(`${name} undoes times with everything else`, (fixture) => {
      const work: Record<string, (vault: V) => void> = {
        'a write that has expired': (vault) => expiry.write(vault, 1, past()),
        'a write that expires': (vault) => expiry.write(vault, 5, future()),
        'touch of an item that expires': (vault) => expiry.touch(vault, 2, past()),
        'touch of an item that does not': (vault) => expiry.touch(vault, 1, past()),
        'touch, and purge': (vault) => {
          expiry.touch(vault, 2, past());
          expiry.purge(vault);
        },
      };
      const open = fixture.borrowed(1);
      const { vault } = open;
      expiry.write(vault, 2, future());
      for (const [what, run] of Object.entries(work)) {
        undo(open, () => {
          run(vault);
          fixture.readAll(vault);
        });
        fixture.assertBoth(vault, [1, 2], what);
      }
    });
  }

  for (const [name, cache] of Object.entries(kind.caches ?? {})) {
    check(`what is pending in the cache of ${name} expires too`, (fixture) => {
      const { file, vault } = fixture.filled([1]);
      cache(vault).enableCache(HOLD);
      expiry.write(vault, 1, past());
      expiry.write(vault, 2, past());
      expiry.write(vault, 3, future());
      fixture.assertItems(vault, [3], 'pending');
      fixture.assertStored(file, [1]);
      cache(vault).flushCache();
      fixture.assertBoth(vault, [3]);
      expiry.write(vault, 3, past());
      assert.equal(expiry.purge(vault), 1);
      cache(vault).disableCache();
      fixture.assertBoth(vault, []);
    });
  }
}
