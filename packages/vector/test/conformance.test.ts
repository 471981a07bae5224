// Files of three versions of the Python package: this package reads what was stored, and finds what Python found.
import { copyFileSync, readFileSync } from 'node:fs';
import { type Metric, VectorKVault } from '@kohakuvault/vector';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { difference as differentValue } from '../../packer/test/support/same.ts';
import { type Tagged, untagged } from '../../packer/test/support/tagged.ts';
import { difference } from './support/oracle.ts';

interface Section {
  table: string;
  dimensions: number;
  metric: Metric;
  vector_type: 'f32';
  count: number;
  rows: { id: number; vector_hex: string; value: Tagged }[];
  searches: { query: number[]; k: number; results: [id: number, distance: number][] }[];
}

const FIXTURES = new URL('../../../tools/fixtures/conformance/', import.meta.url);
const FILES = ['vectors-0.7.1', 'vectors-1.1.0', 'mixed-0.7.1', 'mixed-0.8.6', 'mixed-1.1.0'];
const SECTIONS = FILES.flatMap((name) => sectionsOf(name).map((section) => ({ name, table: section.table, section })));

function sectionsOf(name: string): Section[] {
  return JSON.parse(readFileSync(new URL(`${name}.expected.json`, FIXTURES), 'utf8')).vectors;
}

/** Opens a vault on a copy, because opening a file can change it. */
function vaultOf(name: string, { table, dimensions, metric }: Section, readonly = false): VectorKVault {
  const file = tempFile();
  copyFileSync(new URL(`${name}.db`, FIXTURES), file);
  const vault = new VectorKVault(file, { table, dimensions, metric, readonly });
  onTestFinished(() => vault.close());
  return vault;
}

/** Arrays of one dimension come back as typed arrays. */
function storedValue(value: Tagged): unknown {
  const plain = untagged(value);
  return value.t === 'ndarray' && value.shape.length === 1 ? (plain as { data: unknown }).data : plain;
}

describe.each(SECTIONS)('$name, table $table', ({ name, section }) => {
  test('every vector and value is as it was stored', () => {
    const vault = vaultOf(name, section);
    expect(vault.size).toBe(section.count);
    const rows = [...vault];
    expect(rows.map(([id]) => Number(id))).toEqual(section.rows.map(({ id }) => id));
    for (const [index, { id, vector_hex: hex, value }] of section.rows.entries()) {
      expect(Buffer.from(vault.getById(id)?.vector.buffer as ArrayBuffer).toString('hex')).toBe(hex);
      expect(differentValue(rows[index]?.[2], storedValue(value)), `${id}`).toBeUndefined();
    }
  });

  test('every recorded search has the same results', async () => {
    for (const readonly of [true, false]) {
      const vault = vaultOf(name, section, readonly);
      for (const { query, k, results } of section.searches) {
        const expected = results.map(([id, distance]) => ({ id: BigInt(id), distance }));
        expect(difference(vault.search(query, k), expected)).toBeUndefined();
        expect(difference(await vault.searchAsync(query, k), expected)).toBeUndefined();
      }
    }
  });

  test('this package can write to it', () => {
    const vault = vaultOf(name, section);
    const vector = Array.from({ length: section.dimensions }, (_, index) => index - 1.25);
    const id = vault.insert(vector, { written: 'by us' });
    expect(Number(id)).toBeGreaterThan(Math.max(0, ...section.rows.map((row) => row.id)));
    expect(vault.search(vector, 1)[0]).toEqual({ id, distance: expect.closeTo(0, 5), value: { written: 'by us' } });
    for (const { id: stored } of section.rows) expect(vault.delete(stored)).toBe(true);
    expect(vault.size).toBe(1);
  });
});
