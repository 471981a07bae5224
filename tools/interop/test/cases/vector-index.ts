// The real Python package changes a table that has an index, of which it knows nothing.
import { VectorKVault } from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import { expect, test } from 'vitest';
import { difference, plainDistance } from '../../../../packages/vector/test/support/oracle.ts';
import { topicalVectors } from '../../../../packages/vector/test/support/random.ts';
import { tempFile } from '../../../testing/src/temp.ts';
import { program, runPython } from '../../src/kit.ts';

const TABLES = [
  { table: 'vec_kvault', dimensions: 32, metric: 'cosine' },
  { table: 'by_length', dimensions: 24, metric: 'l2' },
] as const;

const STORED = 3_000;
/** Looks at all lists, and compares so many that codes do not decide. */
const WHOLE = { k: 20, mode: 'approximate', recall: 1, oversample: 1_000 } as const;
const USUAL = { k: 20, mode: 'approximate' } as const;

interface Changed {
  deleted: number[];
  changed: number[];
  inserted: [id: number, vector: number[]][];
}

export function indexedVectorsOfOurs(python: string): void {
  test.each(TABLES)('what Python deletes, changes and inserts in the indexed table $table', async (options) => {
    const file = tempFile();
    const { table, dimensions, metric } = options;
    const stored = topicalVectors(5, STORED + 40, dimensions);
    const queries = stored.splice(STORED);
    using vault = new VectorKVault<unknown>(file, options);
    vault.insertMany(stored.map((vector, number) => [vector, { stored: number }]));
    vault.createIndex();
    const before = vault.search(queries[0] as Float32Array, USUAL);
    expect(before).toHaveLength(USUAL.k);

    const printed = runPython(python, program('change_many_vectors.py'), [file, table, String(dimensions), metric]);
    const { deleted, changed, inserted } = JSON.parse(printed) as Changed;
    expect([deleted.length, changed.length, inserted.length]).toEqual([61, 60, 79]);
    expect(vault.size).toBe(STORED - 60 + 79);

    // The vault that was open, and one that is opened now.
    using again = new VectorKVault<unknown>(file, options);
    for (const each of [vault, again]) {
      expect(each.info().index).toMatchObject({ pending: inserted.length });
      // What was inserted is found at once, with its value.
      for (const [number, [id, vector]] of inserted.entries()) {
        const [nearest] = each.search(vector, { ...USUAL, k: 1 });
        expect(nearest).toMatchObject({ id: BigInt(id), value: { inserted: number } });
        expect(nearest?.distance).toBeCloseTo(0, 5);
      }
      const gone = new Set(deleted.map(BigInt));
      const negated = changed.slice(0, 20).map((id) => each.getById(id)?.vector as Float32Array);
      for (const query of [...queries, ...negated]) {
        const found = each.search(query, USUAL);
        expect(found).toHaveLength(USUAL.k);
        expect(found.filter(({ id }) => gone.has(id))).toEqual([]);
        // Each distance is that of the vector that is stored now.
        for (const { id, distance } of found) {
          const vector = each.getById(id)?.vector as Float32Array;
          expect(distance).toBeCloseTo(plainDistance(metric, query, vector), 4);
        }
        expect(difference(each.search(query, WHOLE), each.search(query, WHOLE.k))).toBeUndefined();
      }
      expect(each.verifyIndex()).toEqual([]);
    }

    // Ours goes on: the index takes in what Python has inserted, and then made again, knows what it has changed.
    vault.optimize();
    expect(vault.info().index).toMatchObject({ pending: 0 });
    vault.createIndex();
    for (const id of changed) {
      const vector = vault.getById(id)?.vector as Float32Array;
      expect(vault.search(vector, { ...USUAL, k: 1 })[0]?.distance).toBeCloseTo(0, 4);
    }
    for await (const { problems } of vectorInspector.verify(vault)) expect(problems).toEqual([]);

    // And Python goes on after that.
    const once = JSON.parse(
      runPython(python, program('change_many_vectors.py'), [file, table, String(dimensions), metric]),
    );
    const gone = new Set((once as Changed).deleted.map(BigInt));
    for (const query of queries) {
      const found = vault.search(query, USUAL);
      expect(found.filter(({ id }) => gone.has(id))).toEqual([]);
      expect(difference(vault.search(query, WHOLE), vault.search(query, WHOLE.k))).toBeUndefined();
    }
  });
}
