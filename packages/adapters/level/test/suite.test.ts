// abstract-level's own suite, as its package brings it.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KVaultLevel, type KVaultLevelOptions } from '@kohakuvault/level';
import { afterAll, expect, test } from 'vitest';
import { tape } from './support/tape.ts';

const suite = createRequire(import.meta.url)('abstract-level/test') as (setup: {
  test: typeof tape;
  factory: (options?: KVaultLevelOptions) => KVaultLevel;
}) => void;

const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-level-'));
const databases: KVaultLevel[] = [];
afterAll(() => {
  // The suite leaves some open, with listeners that open them again when they close. So only their vaults are closed.
  for (const database of databases) if (database.status === 'open') database.vault.close();
  rmSync(folder, { recursive: true, force: true });
});

function factory(options?: KVaultLevelOptions): KVaultLevel {
  const database = new KVaultLevel(join(folder, `${databases.length}.db`), options);
  databases.push(database);
  return database;
}

suite({ test: tape, factory });

test('the suite has all its tests', () => {
  expect(tape.count).toBeGreaterThan(1_400);
});
