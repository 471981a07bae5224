// The index in the file.
import type { Metric, VectorKVault, VectorType } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { turnsMoreThan } from '../../../tools/testing/src/turns.ts';
import { plainDistance } from './support/oracle.ts';
import { topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 96;
const ALL = topicalVectors(7, 6060, DIMENSIONS);
const STORED = ALL.slice(0, 6000);
const QUERIES = ALL.slice(6000);
/** Looks at everything, so that what is missing is not in the index. */
const WHOLE = { mode: 'approximate', recall: 1, oversample: 10_000 } as const;

type Vault = VectorKVault<number>;

function filled(options: Parameters<typeof vaultOf>[0] = {}, source?: Parameters<typeof vaultOf>[1]): Vault {
  const vault = vaultOf<number>({ dimensions: DIMENSIONS, ...options }, source);
  vault.insertMany(STORED.map((vector, index) => [vector, index]));
  return vault;
}

function recallOf(vault: Vault, options: object, k = 10): number {
  const exact = vault.searchMany(QUERIES, k);
  const found = vault.searchMany(QUERIES, { k, mode: 'approximate', ...options });
  const hits = exact.flatMap((results, at) => results.filter(({ id }) => found[at]?.some((one) => one.id === id)));
  return hits.length / exact.flat().length;
}

/** Compares a search of the whole index with an exact one. */
function expectWhole(vault: Vault, query: ArrayLike<number>, k = 20): void {
  expect(vault.search(query, { k, ...WHOLE })).toEqual(vault.search(query, k));
}

describe('an index', () => {
  test('finds the share of neighbors that was asked for, and never a wrong distance', () => {
    const vault = filled();
    expect(vault.info().index).toBeUndefined();
    vault.createIndex();
    const info = vault.info().index;
    expect(info).toMatchObject({ kind: 'lists', indexed: STORED.length, pending: 0 });
    expect(info?.lists).toBeGreaterThan(100);
    expect(info?.bytes).toBeGreaterThan(STORED.length * (DIMENSIONS / 4));
    expect(Math.abs((info?.trained.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
    expect(info?.recall.at(-1)?.recall).toBeGreaterThan(0.99);
    expect(recallOf(vault, { recall: 0.99 })).toBeGreaterThan(0.97);
    expect(recallOf(vault, { recall: 1 })).toBeGreaterThan(0.995);
    expect(recallOf(vault, { probes: 1 })).toBeLessThan(recallOf(vault, { recall: 0.99 }));
    expect(recallOf(vault, {}, 100)).toBeGreaterThan(0.95);
    for (const query of QUERIES) {
      for (const { value, distance } of vault.search(query, { mode: 'approximate', probes: 4 })) {
        expect(distance).toBeCloseTo(plainDistance('cosine', STORED[value] as Float32Array, query), 4);
      }
    }
    expect(vault.verifyIndex()).toEqual([]);
    expect(vault.dropIndex()).toBe(true);
    expect(vault.dropIndex()).toBe(false);
    expect(vault.info().index).toBeUndefined();
    expect(recallOf(vault, {})).toBeGreaterThan(0.98);
  });

  const KINDS: [VectorType, Metric][] = [
    ['f32', 'l2'],
    ['f32', 'l1'],
    ['int8', 'cosine'],
    ['int8', 'l2'],
    ['bit', 'hamming'],
  ];
  test.each(KINDS)('of %s vectors under %s', (vectorType, metric) => {
    const vault = vaultOf<number>({ dimensions: DIMENSIONS, vectorType, metric });
    const as = (vector: Float32Array): Float32Array | Int8Array | number[] => {
      if (vectorType === 'bit') return Array.from(vector, (value) => (value > 0.1 ? 1 : 0));
      if (vectorType === 'int8') return Int8Array.from(vector, (value) => Math.max(-127, Math.min(127, value * 40)));
      return vector;
    };
    vault.insertMany(STORED.map((vector, index) => [as(vector), index]));
    vault.createIndex({ lists: 64 });
    expect(vault.info().index?.lists).toBe(64);
    for (const query of QUERIES.map(as)) {
      expect(vault.search(query, { k: 20, ...WHOLE })).toEqual(vault.search(query, 20));
      // Many bits and bytes are equally near, so distances are compared.
      const exact = vault.search(query, 10).at(-1)?.distance as number;
      const found = vault.search(query, { k: 10, mode: 'approximate', recall: 0.99, oversample: 40 });
      expect(found.filter(({ distance }) => distance <= exact).length).toBeGreaterThan(5);
    }
    expect(vault.verifyIndex()).toEqual([]);
  });

  test('is used by async searches, by filters and in other vaults of the file', async () => {
    const file = tempFile();
    const vault = filled({}, file);
    vault.createIndex();
    const other = vaultOf<number>({ dimensions: DIMENSIONS }, file);
    const [query] = QUERIES as [Float32Array];
    const expected = vault.search(query, 10);
    expect(other.search(query, { ...WHOLE })).toEqual(expected);
    expect(await vault.searchAsync(query, { ...WHOLE })).toEqual(expected);
    expect(await vault.searchManyAsync([query, query], { ...WHOLE })).toEqual([expected, expected]);
    const many = Array.from({ length: 100 }, (_, at) => QUERIES[at % QUERIES.length] as Float32Array);
    const together = vault.searchMany(many, { ...WHOLE });
    await turnsMoreThan(1, async () => {
      expect(await vault.searchManyAsync(many, { ...WHOLE })).toEqual(together);
    });
    const stop = new AbortController();
    const stopped = vault.searchManyAsync(many, { ...WHOLE, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    for (const share of [2, 10, 100, 1000]) {
      const ids = STORED.map((_, index) => BigInt(index + 1)).filter((id) => id % BigInt(share) === 0n);
      const exact = vault.search(query, { filter: ids });
      expect(vault.search(query, { filter: ids, ...WHOLE })).toEqual(exact);
      const found = vault.search(query, { filter: ids, mode: 'approximate' });
      expect(found.length).toBe(exact.length);
      expect(found.filter(({ id }) => exact.some((one) => one.id === id)).length).toBeGreaterThan(exact.length * 0.6);
    }
    const even = (_: bigint, value: number) => value % 2 === 0;
    expect(vault.search(query, { filter: even, ...WHOLE })).toEqual(vault.search(query, { filter: even }));
  });

  test('is left alone by searches by another metric, and by exact ones', () => {
    const vault = filled();
    vault.createIndex();
    const [query] = QUERIES as [Float32Array];
    expect(vault.search(query, { metric: 'l1', mode: 'approximate' })).toEqual(vault.search(query, { metric: 'l1' }));
  });

  test.each([0, 1, 2, 40])('of %i vectors', (count) => {
    const vault = vaultOf<number>({ dimensions: DIMENSIONS });
    vault.insertMany(STORED.slice(0, count).map((vector, index) => [vector, index]));
    vault.createIndex();
    for (const query of QUERIES) expectWhole(vault, query);
    const id = vault.insert(QUERIES[0] as Float32Array, -1);
    expect(vault.search(QUERIES[0] as Float32Array, { k: 1, mode: 'approximate' })[0]).toMatchObject({ id, value: -1 });
  });

  test('refuses what it cannot use', async () => {
    const vault = filled();
    expect(() => vault.createIndex({ lists: 0 })).toThrow(/lists/);
    expect(() => vault.createIndex({ list: 5 } as never)).toThrow(/lists/);
    await expect(vault.createIndexAsync({ onProgress: 5 as never })).rejects.toThrow(/onProgress/);
    const [query] = QUERIES as [Float32Array];
    expect(() => vault.search(query, { recall: 0.9 })).toThrow(/mode: 'approximate'/);
    expect(() => vault.search(query, { mode: 'approximate', recall: 2 })).toThrow(/recall/);
    expect(() => vault.search(query, { mode: 'approximate', probes: 0 })).toThrow(/probes/);
  });
});

describe('writes', () => {
  test('are followed at once, and distributed when there are many', () => {
    const vault = filled();
    vault.createIndex();
    const [first, second] = QUERIES as [Float32Array, Float32Array];
    const id = vault.insert(first, -1);
    expect(vault.info().index).toMatchObject({ indexed: 6000, pending: 1 });
    expect(vault.search(first, { k: 1, mode: 'approximate' })[0]?.id).toBe(id);
    vault.update(id, { vector: second });
    expect(vault.search(second, { k: 1, mode: 'approximate' })[0]?.id).toBe(id);
    expect(vault.search(first, { k: 1, mode: 'approximate' })[0]?.id).not.toBe(id);
    vault.update(17, { vector: first });
    expect(vault.search(first, { k: 1, mode: 'approximate' })[0]?.id).toBe(17n);
    expect(vault.info().index).toMatchObject({ indexed: 5999, pending: 2 });
    vault.delete(17);
    expectWhole(vault, first);
    for (let round = 0; round < 12; round++) {
      vault.insertMany(STORED.slice(round * 300, round * 300 + 300).map((vector, index) => [vector, -index]));
    }
    const info = vault.info().index;
    expect(info?.pending).toBeLessThan(600);
    expect((info?.indexed ?? 0) + (info?.pending ?? 0)).toBe(vault.size);
    for (const query of QUERIES) expectWhole(vault, query);
    vault.optimize();
    expect(vault.info().index).toMatchObject({ indexed: vault.size, pending: 0 });
    for (const query of QUERIES) expectWhole(vault, query);
    expect(vault.verifyIndex()).toEqual([]);
  });

  test('of many vectors make it again in optimize()', () => {
    const vault = vaultOf<number>({ dimensions: DIMENSIONS });
    vault.insertMany(STORED.slice(0, 1000).map((vector, index) => [vector, index]));
    vault.createIndex();
    const lists = vault.info().index?.lists as number;
    vault.insertMany(STORED.map((vector, index) => [vector, index]));
    vault.optimize();
    expect(vault.info().index?.lists).toBeGreaterThan(lists * 2);
    for (const query of QUERIES) expectWhole(vault, query);
  });

  test('clear, compact, renameTable and dropTable take it with them', () => {
    const file = tempFile();
    const vault = filled({}, file);
    vault.createIndex();
    vault.deleteMany(STORED.map((_, index) => index + 1).filter((id) => id % 3 > 0));
    for (const query of QUERIES) expectWhole(vault, query);
    vault.compact();
    for (const query of QUERIES) expectWhole(vault, query);
    expect(vault.verifyIndex()).toEqual([]);
    const renamed = vault.renameTable('other name');
    onTestFinished(() => renamed.close());
    expect(renamed.info().index).toMatchObject({ indexed: 2000, pending: 0 });
    for (const query of QUERIES) expectWhole(renamed as Vault, query);
    renamed.clear();
    expect(renamed.search(QUERIES[0] as Float32Array, { mode: 'approximate' })).toEqual([]);
    expect(renamed.info().index).toMatchObject({ indexed: 0, pending: 0 });
    const again = vaultOf<number>({ dimensions: DIMENSIONS, table: 'other name' }, renamed);
    again.insertMany(STORED.map((vector, index) => [vector, index]));
    for (const query of QUERIES) expectWhole(again, query);
    expect(again.info().index?.pending).toBe(0);
    again.close();
    renamed.dropTable();
    using database = open(file);
    expect(indexTables(database)).toEqual([]);
  });

  test('that are rolled back leave it as it was', () => {
    const vault = filled();
    vault.createIndex();
    const { database } = vault;
    const before = vault.info().index;
    const changes = [
      () => vault.insertMany(STORED.slice(0, 3000).map((vector) => [vector, -1])),
      () => vault.update(5, { vector: QUERIES[0] as Float32Array }),
      () => vault.createIndex({ lists: 7 }),
      () => vault.dropIndex(),
      () => vault.clear(),
    ];
    for (const change of changes) {
      for (const [begin, end] of [
        ['BEGIN', 'ROLLBACK'],
        ['SAVEPOINT a', 'ROLLBACK TO a; RELEASE a'],
      ] as const) {
        database.exec(begin);
        change();
        for (const query of QUERIES.slice(0, 3)) expectWhole(vault, query);
        database.exec(end);
        expect(vault.info().index).toEqual(before);
        for (const query of QUERIES.slice(0, 3)) expectWhole(vault, query);
      }
    }
    expect(vault.verifyIndex()).toEqual([]);
  });

  test('of plain sqlite-vec are found, and its deletes are not', () => {
    const file = tempFile();
    const vault = filled({}, file);
    vault.createIndex();
    const [first, second] = QUERIES as [Float32Array, Float32Array];
    vault.search(first, { mode: 'approximate' });
    const unit = (vector: Float32Array) => {
      const length = Math.hypot(...vector);
      return Buffer.from(vector.map((value) => value / length).buffer);
    };
    using database = open(file);
    database.loadExtension(getLoadablePath());
    const value = database.prepare("INSERT INTO vec_kvault_values (value) VALUES (x'00')").run().lastInsertRowid;
    const insert = database.prepare('INSERT INTO vec_kvault (rowid, value_ref, vector) VALUES (?, ?, ?)');
    insert.run(9000n, BigInt(value), unit(first));
    expect(vault.search(first, { k: 1, mode: 'approximate' })[0]?.id).toBe(9000n);
    database.prepare('DELETE FROM vec_kvault WHERE rowid = 9000').run();
    // An id below those that are indexed.
    database.prepare('DELETE FROM vec_kvault WHERE rowid = 77').run();
    insert.run(77n, BigInt(value), unit(second));
    for (const query of QUERIES) {
      const [exact] = vault.search(query, 1);
      const found = vault.search(query, { k: 1, ...WHOLE, oversample: 20_000 })[0];
      expect(found?.distance).toBe(exact?.distance);
      expect(found?.id).not.toBe(9000n);
    }
    database.prepare('UPDATE vec_kvault SET vector = ? WHERE rowid = 78').run(unit(first));
    for (const { id, distance } of vault.search(first, { k: 50, ...WHOLE })) {
      expect(distance).toBeCloseTo(plainDistance('cosine', vault.getById(id)?.vector as Float32Array, first), 4);
    }
  });
});

describe('createIndexAsync', () => {
  test('makes the same while others write', async () => {
    const file = tempFile();
    const vault = filled({}, file);
    const done: number[] = [];
    const building = vault.createIndexAsync({ onProgress: (part) => done.push(part) });
    vault.insert(QUERIES[0] as Float32Array, -1);
    vault.update(9, { vector: QUERIES[1] as Float32Array });
    vault.delete(10);
    await building;
    expect(done.at(-1)).toBe(1);
    expect(done.toSorted((a, b) => a - b)).toEqual(done);
    const info = vault.info().index;
    expect((info?.indexed ?? 0) + (info?.pending ?? 0)).toBe(6000);
    for (const query of QUERIES) expectWhole(vault, query);
    expect(vault.search(QUERIES[1] as Float32Array, { k: 1, mode: 'approximate' })[0]?.id).toBe(9n);
    expect(vault.verifyIndex()).toEqual([]);
  });

  test('leaves nothing behind when it is cancelled, or the vault is closed', async () => {
    const file = tempFile();
    const vault = filled({}, file);
    const stop = new AbortController();
    const building = vault.createIndexAsync({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(building).rejects.toThrow('enough');
    await expect(vault.createIndexAsync({ signal: stop.signal })).rejects.toThrow('enough');
    expect(vault.info().index).toBeUndefined();
    const failing = vault.createIndexAsync({
      onProgress: () => {
        throw new Error('not now');
      },
    });
    await expect(failing).rejects.toThrow('not now');
    const closing = vault.createIndexAsync();
    vault.close();
    await expect(closing).rejects.toMatchObject({ code: 'KV_CLOSED' });
    using database = open(file);
    expect(indexTables(database)).toEqual([]);
  });

  test('works in a transaction and in memory', async () => {
    const vault = filled({}, ':memory:');
    await vault.createIndexAsync();
    expectWhole(vault, QUERIES[0] as Float32Array);
    vault.dropIndex();
    vault.database.exec('BEGIN');
    await vault.createIndexAsync();
    vault.database.exec('ROLLBACK');
    expect(vault.info().index).toBeUndefined();
  });
});

describe('damage', () => {
  const DAMAGES: Record<string, string> = {
    'a part that is cut off': 'UPDATE vec_kvault_index_parts SET entries = substr(entries, 1, length(entries) - 1)',
    'codes of a list that does not exist':
      "UPDATE vec_kvault_index_parts SET entries = substr(entries, 1, 8) || x'ffffff7f' || substr(entries, 13)",
    'a run that is cut off': 'UPDATE vec_kvault_index_parts SET entries = substr(entries, 1, 99) WHERE id >= 1 << 40',
    'a run of a list that does not exist':
      "UPDATE vec_kvault_index_parts SET entries = substr(entries, 1, 4) || x'ffffff7f' || substr(entries, 9) WHERE id >= 1 << 40",
    'centroids that are cut off': "UPDATE vec_kvault_index_lists SET centroids = x'0000' WHERE id = 1",
    'centroids that are missing': 'DELETE FROM vec_kvault_index_lists WHERE id = 2',
    'a scale that is not a number':
      "UPDATE vec_kvault_index_lists SET centroids = x'0000c07f' || substr(centroids, 5) WHERE id = 1",
    'a group that does not exist':
      "UPDATE vec_kvault_index_lists SET centroids = substr(centroids, 1, 4) || x'ffffff7f' || substr(centroids, 9) WHERE id = 1",
    'no head': 'DELETE FROM vec_kvault_index',
    'a missing table': 'DROP TABLE vec_kvault_index_ids',
    'a block of ids': "UPDATE vec_kvault_index_ids SET ids = x'00'",
    'another shape': 'UPDATE vec_kvault_index SET dimensions = 5',
  };
  test.each(Object.entries(DAMAGES))('by %s is reported with its cure', async (_, sql) => {
    const file = tempFile();
    const whole = filled({}, file);
    whole.createIndex();
    whole.insertMany(QUERIES.map((vector) => [vector, -1]));
    whole.insertMany(QUERIES.map((vector) => [vector, -1]));
    whole.close();
    const vault = vaultOf<number>({ dimensions: DIMENSIONS }, file);
    vault.database.exec(sql);
    const [query] = QUERIES as [Float32Array];
    const damaged = expect.objectContaining({
      code: 'KV_CORRUPT',
      message: expect.stringMatching(/index.*dropIndex\(\).*createIndex\(\)/s) as string,
    });
    expect(() => vault.search(query, { ...WHOLE })).toThrow(damaged);
    await expect(vault.searchAsync(query, { ...WHOLE })).rejects.toThrow(damaged);
    expect(vault.verifyIndex()).not.toEqual([]);
    expect(vault.search(query, 3)).toHaveLength(3);
    const { size } = vault;
    try {
      vault.insertMany(ALL.map((vector) => [vector, 1]));
    } catch (error) {
      // It writes to lists, so it may meet the damage. Then nothing was written.
      expect(error).toEqual(damaged);
      expect(vault.size).toBe(size);
    }
    vault.dropIndex();
    vault.createIndex();
    expectWhole(vault, query);
    expect(vault.verifyIndex()).toEqual([]);
  });

  test('a later format is refused', () => {
    const vault = filled();
    vault.createIndex();
    vault.database.exec('UPDATE vec_kvault_index SET version = 2');
    const [query] = QUERIES as [Float32Array];
    expect(() => vault.search(query, { mode: 'approximate' })).toThrow(/format 2/);
    vault.createIndex();
    expectWhole(vault, query);
  });

  test('verifyIndex sees a vector that is in no list', () => {
    const vault = filled();
    vault.createIndex();
    vault.database.exec('DELETE FROM vec_kvault_index_parts WHERE id = (SELECT min(id) FROM vec_kvault_index_parts)');
    vault.database.exec('DELETE FROM vec_kvault_index_parts WHERE id % 8192 = 0');
    expect(vault.verifyIndex().join()).toMatch(/in none of its lists/);
  });
});

function indexTables(database: Database.Database): unknown[] {
  return database.prepare("SELECT name FROM sqlite_schema WHERE name GLOB '*_index*'").pluck().all();
}

function open(file: string): Database.Database & Disposable {
  const database = new Database(file);
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}
