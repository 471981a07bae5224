// Drops vaults without close, and ends with a pending write.
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { KVault } from '@kohakuvault/kvault';

const file = process.argv[2] as string;
const collected = new Set<string>();
const registry = new FinalizationRegistry<string>((name) => collected.add(name));

function dropVault(): void {
  const vault = new KVault(file, { driver: 'node:sqlite' });
  vault.enableCache({ autoFlush: false });
  vault.set('dropped', 1);
  registry.register(vault, 'vault');
}

function dropDatabase(): void {
  const sync = new DatabaseSync(file, { allowExtension: true });
  const vault = new KVault(sync);
  vault.enableCache({ autoFlush: false });
  vault.set('of a dropped DatabaseSync', 1);
  registry.register(sync, 'database');
}

async function until(name: string): Promise<void> {
  while (!collected.has(name)) {
    await setImmediate();
    globalThis.gc?.();
  }
}

dropVault();
await until('vault');
dropDatabase();
await until('database');
const vault = new KVault(file, { driver: 'node:sqlite' });
vault.enableCache({ autoFlush: false });
vault.set('at the end', 1);
