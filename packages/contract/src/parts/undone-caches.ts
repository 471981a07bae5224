import type { Vault } from '@kohakuvault/core-native/database';
import type { Check } from '../harness/part.ts';
import { UNDOINGS } from '../harness/undoings.ts';
import { HOLD, type VaultKind, type WriteCache } from '../harness/vault-kind.ts';
import { workOf } from './users-transactions.ts';

/** The tests of one cache of the vault in transactions that are undone. */
export function undoneCacheOf<V extends Vault>(
  kind: VaultKind<V>,
  cache: (vault: V) => WriteCache,
  check: Check<V>,
): void {
  for (const [name, undo] of Object.entries(UNDOINGS)) {
    check(`${name} undoes every kind of work, and nothing that was pending before`, (fixture) => {
      const work: Record<string, (vault: V) => void> = {
        ...workOf(kind),
        'remove of a pending item': (vault) => kind.remove(vault, 3),
        flushCache: (vault) => cache(vault).flushCache(),
        'flushCache and write': (vault) => {
          cache(vault).flushCache();
          kind.write(vault, 5);
        },
        'disableCache and write': (vault) => {
          cache(vault).disableCache();
          kind.write(vault, 5);
        },
        'cache()': (vault) => cache(vault).cache({}, () => kind.write(vault, 5)),
        'lockCache()': (vault) => cache(vault).lockCache?.(() => kind.write(vault, 5)),
        'a full cache': (vault) => {
          cache(vault).enableCache({ capBytes: 1 });
          kind.write(vault, 5);
        },
      };
      const open = fixture.borrowed(1, 2);
      const { vault, file } = open;
      for (const [what, run] of Object.entries(work)) {
        cache(vault).enableCache(HOLD);
        fixture.write(vault, 3, 4);
        fixture.assertItems(vault, [1, 2, 3, 4]);
        undo(open, () => {
          run(vault);
          fixture.readAll(vault);
        });
        fixture.assertItems(vault, [1, 2, 3, 4], what);
        cache(vault).disableCache();
        fixture.assertBoth(vault, [1, 2, 3, 4], what);
        fixture.write(vault, 9);
        fixture.assertStored(file, [1, 2, 3, 4, 9], what);
        for (const item of [3, 4, 9]) kind.remove(vault, item);
      }
    });
  }
}
