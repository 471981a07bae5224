// A development server loads a module again after each change. The vaults of the old ones stay open.
import { readdirSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { program } from '../support/processes.ts';

const RELOADS = 50;
const MODULE = program('reloaded.ts');

/** Returns how many descriptors of a file this process has open; 1 if the system does not tell. */
function descriptorsOf(file: string): number {
  if (process.platform !== 'linux') return 1;
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === file;
    } catch {
      return false; // The descriptor with which the folder is read.
    }
  }).length;
}

test(`${RELOADS} reloads of a module that opens a vault have one connection`, async () => {
  const file = tempFile();
  process.env.RELOADED_FILE = file;
  const loaded: KVault[] = [];
  for (let load = 1; load <= RELOADS; load++) {
    // Bun takes no notice of what follows the path.
    delete createRequire(import.meta.url).cache[MODULE];
    const { vault } = (await import(`${pathToFileURL(MODULE)}?load=${load}`)) as { vault: KVault };
    loaded.push(vault);
  }
  const [first] = loaded as [KVault];
  expect(new Set(loaded.map((vault) => vault.database)).size).toBe(1);
  expect(descriptorsOf(file)).toBe(1);
  expect(first.get('loads')).toBe(RELOADS);
  first.set('seen', 'by all');
  expect(loaded.map((vault) => vault.get('seen'))).toEqual(loaded.map(() => 'by all'));
  for (const vault of loaded) vault.close();
  expect(descriptorsOf(file)).toBe(process.platform === 'linux' ? 0 : 1);
});
