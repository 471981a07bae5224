import type { Vault } from '@kohakuvault/core-native/database';
import { Fixture } from './fixture.ts';
import type { Runner, VaultKind } from './vault-kind.ts';

/** Registers one test, which gets files and vaults of its own. */
export type Check<V extends Vault> = (name: string, body: (fixture: Fixture<V>) => void | Promise<void>) => void;

/** Registers the tests of one part of the contract. */
export type Part = <V extends Vault>(kind: VaultKind<V>, check: Check<V>) => void;

/** Returns the function with which a part registers its tests. */
export function checksOf<V extends Vault>(kind: VaultKind<V>, runner: Runner): Check<V> {
  return (name, body) =>
    runner.test(name, async () => {
      const fixture = new Fixture(kind);
      let hasFailed = true;
      try {
        await body(fixture);
        hasFailed = false;
      } finally {
        fixture.end(hasFailed);
      }
    });
}
