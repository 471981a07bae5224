import type { Vault } from '@kohakuvault/core-native/database';
import { checksOf, type Part } from './harness/part.ts';
import type { Runner, VaultKind } from './harness/vault-kind.ts';
import { backups } from './parts/backups.ts';
import { cacheOf } from './parts/caches.ts';
import { closing } from './parts/closing.ts';
import { errors } from './parts/errors.ts';
import { expiryOf } from './parts/expiry.ts';
import { functions } from './parts/functions.ts';
import { opening } from './parts/opening.ts';
import { others } from './parts/others.ts';
import { readonly } from './parts/readonly.ts';
import { transactions } from './parts/transactions.ts';
import { undoneCacheOf } from './parts/undone-caches.ts';
import { usersTransactions } from './parts/users-transactions.ts';
import { workers } from './parts/workers.ts';

const PARTS: Readonly<Record<string, Part>> = {
  opening,
  closing,
  readonly,
  'transaction() and snapshot()': transactions,
  'transactions of the user': usersTransactions,
  errors,
  'SQL functions': functions,
  'other vaults and connections': others,
  backups,
};

/** Registers, with the functions of a test runner, the tests that every kind of vault passes. */
export function testVault<V extends Vault>(kind: VaultKind<V>, runner: Runner): void {
  const check = checksOf(kind, runner);
  const { module, caches = {}, expiry } = kind;
  runner.describe(`${kind.name}: the contract of vaults`, () => {
    for (const [name, part] of Object.entries(PARTS)) runner.describe(name, () => part(kind, check));
    for (const [name, cache] of Object.entries(caches)) {
      runner.describe(`cache: ${name}`, () => {
        cacheOf(kind, cache, check);
        undoneCacheOf(kind, cache, check);
      });
    }
    if (expiry) runner.describe('expiry', () => expiryOf(kind, expiry, check));
    if (module !== undefined) runner.describe('worker threads', () => workers(kind, module, check));
  });
}
