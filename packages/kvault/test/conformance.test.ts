// Files that three versions of the Python package wrote: KVault reads what was stored.
import { copyFileSync, readFileSync } from 'node:fs';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import type { Tagged } from '../../packer/test/support/intended.ts';
import { expected, sorted } from '../../packer/test/support/kv-cases.ts';
import { difference } from '../../packer/test/support/same.ts';

interface Section {
  table: string;
  count: number;
  entries: { key_hex: string; intended: Tagged; value_hex: string }[];
}

const FIXTURES = new URL('../../../tools/fixtures/conformance/', import.meta.url);
const FILES = ['kv-0.7.1', 'kv-1.1.0', 'mixed-0.7.1', 'mixed-0.8.6', 'mixed-1.1.0'];
const SECTIONS = FILES.flatMap((name) => sectionsOf(name).map((section) => ({ name, table: section.table, section })));

function sectionsOf(name: string): Section[] {
  return JSON.parse(readFileSync(new URL(`${name}.expected.json`, FIXTURES), 'utf8')).kv;
}

/** Opens a vault on a copy, since opening a file can change it. */
function vaultOf(name: string, table: string) {
  const file = tempFile();
  copyFileSync(new URL(`${name}.db`, FIXTURES), file);
  const vault = new KVault(file, { table, keyEncoding: 'bytes' });
  onTestFinished(() => vault.close());
  return vault;
}

/** The beginning of MessagePack and CBOR, in which Python sorts the keys. */
const SORTED = /^894b010[45]/;

/** Returns the value of a case. The table `kv` holds the cases of kv.json; their keys end with the number. */
function storedValue(
  table: string,
  key: Buffer,
  { intended: value, value_hex: hex }: Section['entries'][number],
): unknown {
  const id = table === 'kv' ? Number(/:(\d{3})$/.exec(key.toString())?.[1] ?? -1) : -1;
  const stored = expected({ id, mode: 'default', desc: '', value, hex });
  return value.t === 'dict' && SORTED.test(hex) ? sorted(stored) : stored;
}

describe.each(SECTIONS)('$name, table $table', ({ name, table, section }) => {
  const keys = section.entries.map(({ key_hex }) => Buffer.from(key_hex, 'hex'));

  test('every value equals the one that was stored', () => {
    const vault = vaultOf(name, table);
    for (const [index, entry] of section.entries.entries()) {
      const key = keys[index] as Buffer;
      expect(vault.has(key)).toBe(true);
      expect(difference(vault.get(key), storedValue(table, key, entry)), key.toString()).toBeUndefined();
    }
  });

  test('without auto-pack the stored bytes come back', () => {
    const vault = vaultOf(name, table);
    vault.disableAutoPack();
    for (const [index, { value_hex }] of section.entries.entries()) {
      expect(vault.get(keys[index] as Buffer).toString('hex')).toBe(value_hex);
    }
  });

  test('all keys are listed, in the order of their bytes', () => {
    const vault = vaultOf(name, table);
    const listed = [...vault.keys()].map((key) => Buffer.from(key).toString('hex'));
    expect(listed).toEqual([...keys].sort(Buffer.compare).map((key) => key.toString('hex')));
    expect(vault.size).toBe(section.count);
  });

  test('KVault writes into the file', () => {
    const vault = vaultOf(name, table);
    const written = { at: new Date(0), list: [1, 2.5, -0] };
    const first = keys[0] as Buffer;
    vault.set('a key of ours', written).set(first, 'overwritten');
    expect(difference(vault.get('a key of ours'), written)).toBeUndefined();
    expect(vault.get(first)).toBe('overwritten');
    expect(vault.delete(first)).toBe(true);
    expect(vault.size).toBe(section.count);
  });
});
