import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as columns from '@kohakuvault/columns';
import * as kvault from '@kohakuvault/kvault';
import * as ordered from '@kohakuvault/ordered';
import * as packer from '@kohakuvault/packer';
import * as text from '@kohakuvault/text';
import * as vector from '@kohakuvault/vector';
import * as everything from 'kohakuvault';
import { describe, expect, test } from 'vitest';

const packages: Record<string, Record<string, unknown>> = { columns, kvault, ordered, packer, text, vector };
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};
const subpaths = Object.keys(manifest.exports)
  .map((entry) => entry.slice(2))
  .filter((entry) => !['', 'package.json', 'copy-worker', 'async', 'async-worker'].includes(entry));

const conditions = ['--conditions=@kohakuvault/source'];

describe('the umbrella', () => {
  test('has a subpath for every package', () => {
    expect(subpaths.sort()).toEqual(Object.keys(packages).sort());
  });

  test.each(Object.entries(packages))('exports all of %s, and the very same', (_, exports) => {
    const known = everything as Record<string, unknown>;
    for (const [name, value] of Object.entries(exports)) {
      // Each package has one for its own vaults, and the umbrella one for all.
      if (name === 'asAsync') continue;
      expect(known[name], name).toBe(value);
    }
  });

  test('asAsync takes vaults of every kind', async () => {
    using kv = new everything.KVault(':memory:');
    using columns = new everything.ColumnVault(kv);
    using texts = new everything.TextVault<number>(kv);
    using vectors = new everything.VectorKVault<number>(kv, { dimensions: 2 });
    await everything.asAsync(kv).set('a', 1);
    expect(await (await everything.asAsync(columns).ensure('n', 'f64')).append(1)).toBe(1);
    expect(await everything.asAsync(texts).insert('a fox', 1)).toBe(1n);
    expect(await everything.asAsync(vectors).insert([1, 0], 1)).toBe(1n);
  });

  test.each(subpaths)('kohakuvault/%s is the package with that name', async (name) => {
    expect({ ...(await import(/* @vite-ignore */ `kohakuvault/${name}`)) }).toEqual({ ...packages[name] });
  });

  test('an error class is the same, imported or required, by any name of its package', async () => {
    const script = join(import.meta.dirname, 'scripts/one-identity.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [...conditions, script]);
    expect(stdout).toBe('one identity\n');
  });

  test('importing loads neither the native core nor SQLite', async () => {
    const script = join(import.meta.dirname, 'scripts/import-everything.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [...conditions, script, ...subpaths]);
    expect(JSON.parse(stdout)).toMatchObject({ native: [], sqlite: [] });
  });

  test('the program of the copying thread is refused as a library, with what it is for', async () => {
    await expect(import('kohakuvault/copy-worker')).rejects.toMatchObject({
      code: 'KV_INVALID_ARGUMENT',
      message: expect.stringContaining('give it to a bundler as an entry of its own'),
    });
  });

  test('it has a version', () => {
    const { version } = createRequire(import.meta.url)('kohakuvault/package.json') as { version: string };
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
  });
});
