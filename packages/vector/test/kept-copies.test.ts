// The resident copy outlives commits to other tables, and follows those to its own, no matter who makes them.
import { nativeCore } from '@kohakuvault/core-native/internal';
import { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { randomNumbers } from './support/random.ts';

const DIMENSIONS = 8;
const OPTIONS = { dimensions: DIMENSIONS, metric: 'l2', table: 'vectors' } as const;
const QUERY = Array.from({ length: DIMENSIONS }, (_, place) => place / 10);

/** Counts how often the core reads chunks again, and drops a copy. */
const counts = { renewed: 0, forgotten: 0 };
beforeEach(() => {
  counts.renewed = counts.forgotten = 0;
  const { binding } = nativeCore();
  const { vectorRenew, vectorForget } = binding;
  vi.spyOn(binding, 'vectorRenew').mockImplementation((handle, table, chunks, most) => {
    counts.renewed++;
    return vectorRenew.call(binding, handle, table, chunks, most);
  });
  vi.spyOn(binding, 'vectorForget').mockImplementation((handle, table) => {
    counts.forgotten++;
    vectorForget.call(binding, handle, table);
  });
});
afterEach(() => vi.restoreAllMocks());

function vectorsOf(seed: number, count: number): number[][] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => Array.from({ length: DIMENSIONS }, () => random()));
}

/** A vault with a copy, on a connection that the user has too, and another connection with sqlite-vec. */
function warm(count = 3000, pageSize = 4096) {
  const file = tempFile();
  const database = new Database(file);
  database.pragma(`page_size = ${pageSize}`);
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE docs (id INTEGER PRIMARY KEY, text TEXT)');
  const vault = new VectorKVault<number>(database, OPTIONS);
  const other = new Database(file);
  other.loadExtension(getLoadablePath());
  onTestFinished(() => {
    other.close();
    vault.close();
    database.close();
  });
  vault.insertMany(vectorsOf(1, count).map((vector, n) => [vector, n]));
  for (let n = 0; n < 3; n++) vault.search(QUERY);
  const before = vault.search(QUERY, 20);
  counts.renewed = counts.forgotten = 0;
  return { file, database, vault, other, before };
}

/** What a fresh connection finds. */
function fresh(file: string, k = 20) {
  const vault = new VectorKVault<number>(new Database(file, { readonly: true }), OPTIONS);
  try {
    return vault.search(QUERY, k);
  } finally {
    vault.database.close();
  }
}

const vectors = 'vectors(rowid, value_ref, vector) VALUES (?, ?, ?)';
const bytes = (vector: readonly number[]) => Buffer.from(Float32Array.from(vector).buffer);

test('a copy in an old state follows what was deleted since', () => {
  const { vault, database, other } = warm(1);
  vault.insert(QUERY, 1);
  vault.delete(1n);
  database.exec('BEGIN');
  database.prepare('SELECT count(*) FROM vectors').get();
  other.prepare('DELETE FROM vectors').run();
  for (let n = 0; n < 3; n++) expect(vault.search(QUERY, 2)).toHaveLength(1);
  database.exec('COMMIT');
  expect(vault.search(QUERY, 2)).toEqual([]);
});

test('a copy in an old state has what was inserted before that state and deleted after it', () => {
  const { vault, database, other } = warm(1);
  other.prepare(`INSERT INTO ${vectors}`).run(7n, 1n, bytes(QUERY));
  database.exec('BEGIN');
  database.prepare('SELECT count(*) FROM vectors').get();
  other.prepare('DELETE FROM vectors').run();
  expect(vault.search(QUERY, 1)[0]?.id).toBe(7n);
  database.exec('COMMIT');
  expect(vault.search(QUERY, 2)).toEqual([]);
});

test('a copy that was made in a transaction of ours follows what others delete after it', () => {
  const { vault, other } = warm(1);
  vault.clear();
  vault.transaction(() => {
    vault.insert(QUERY, 1);
    for (let n = 0; n < 3; n++) expect(vault.search(QUERY, 2)).toHaveLength(1);
    vault.insert(QUERY, 2);
  });
  other.prepare('DELETE FROM vectors').run();
  expect(vault.search(QUERY, 2)).toEqual([]);
});

test('a copy is made though others commit between any two searches', () => {
  const { vault, other } = warm(100);
  vault.clear();
  vault.insertMany(vectorsOf(2, 100).map((vector, n) => [vector, n]));
  const resident = vi.spyOn(nativeCore().binding, 'vectorIsResident');
  for (let n = 0; n < 3; n++) {
    other.prepare('INSERT INTO docs (text) VALUES (?)').run('text');
    vault.search(QUERY);
  }
  expect(resident.mock.results.at(-1)?.value).toBe(true);
});

describe('the copy is kept', () => {
  test('when the user or another connection writes another table', async () => {
    const { vault, database, other, before } = warm();
    for (let n = 0; n < 40; n++) {
      if (n % 10 === 5) other.pragma('wal_checkpoint(TRUNCATE)');
      (n % 2 ? database : other).prepare('INSERT INTO docs (text) VALUES (?)').run('text '.repeat(n * 50));
      expect(vault.search(QUERY, 20)).toEqual(before);
      expect(await vault.searchAsync(QUERY, 20)).toEqual(before);
    }
    expect(counts).toEqual({ renewed: 0, forgotten: 0 });
  });

  test('when the user writes another table in a transaction, before and after a write of the vault', () => {
    const { vault, database, file } = warm();
    const insert = database.prepare('INSERT INTO docs (text) VALUES (?)');
    const found = [];
    for (let n = 0; n < 10; n++) {
      vault.transaction(() => {
        insert.run('before');
        vault.insert(vectorsOf(n, 1)[0] as number[], n);
        vault.search(QUERY);
        insert.run('after');
      });
      found.push(vault.search(QUERY, 20));
      expect(counts).toEqual({ renewed: 0, forgotten: 0 });
      expect(found.at(-1)).toEqual(fresh(file));
      counts.forgotten = 0;
    }
  });

  test('when a transaction without vectors is rolled back', () => {
    const { vault, database, before } = warm();
    expect(() =>
      vault.transaction(() => {
        database.exec("INSERT INTO docs (text) VALUES ('undone')");
        vault.search(QUERY);
        throw new Error('undone');
      }),
    ).toThrow('undone');
    expect(vault.search(QUERY, 20)).toEqual(before);
    expect(counts).toEqual({ renewed: 0, forgotten: 0 });
  });

  test('but for the chunks that another connection has changed', () => {
    const { vault, other, file } = warm();
    other.prepare('DELETE FROM vectors WHERE rowid = ?').run(1500n);
    other.prepare(`INSERT INTO ${vectors}`).run(9000n, 1n, bytes(QUERY));
    const found = vault.search(QUERY, 20);
    expect(found[0]?.id).toBe(9000n);
    expect(counts).toEqual({ renewed: 1, forgotten: 0 });
    expect(found).toEqual(fresh(file));
    other.unsafeMode().exec('DELETE FROM vectors_chunks; DELETE FROM vectors_rowids');
    expect(vault.search(QUERY)).toEqual([]);
  });

  test('with its sketches', () => {
    const dimensions = 128;
    const random = randomNumbers(7);
    const file = tempFile();
    const options = { dimensions, metric: 'l2' } as const;
    using vault = new VectorKVault<number>(file, options);
    using other = new VectorKVault<number>(new Database(file), options);
    const vector = () => Array.from({ length: dimensions }, () => random());
    vault.insertMany(Array.from({ length: 10_000 }, (_, n) => [vector(), n] as const));
    const query = vector();
    const approximate = () => vault.search(query, { k: 5, mode: 'approximate' });
    approximate();
    const sketching = vi.spyOn(nativeCore().binding, 'vectorSketchOffLoop');
    for (let n = 0; n < 5; n++) {
      other.insert(query, n);
      expect(approximate().filter(({ distance }) => distance === 0).length).toBe(n + 1);
    }
    expect(sketching).not.toHaveBeenCalled();
    other.database.close();
  });
});

describe('the copy equals the file', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('after whatever happens, seed %i', async (seed) => {
    const random = randomNumbers(seed * 104_729);
    const below = (limit: number) => Math.floor(Math.abs(random()) * limit) % limit;
    const { vault, database, other, file } = warm(1 + below(2500), [1024, 4096, 32_768][seed % 3]);
    const log: string[] = [];
    const vector = () => Array.from({ length: DIMENSIONS }, () => random());
    const someId = () => BigInt(1 + below(2600));
    let value = 0;
    const encoded = database.prepare('SELECT value FROM vectors_values').pluck().get();
    const valueId = (on: Database.Database) =>
      BigInt(on.prepare('INSERT INTO vectors_values (value) VALUES (?)').run(encoded).lastInsertRowid);
    const changes: Record<string, (connection: Database.Database) => unknown> = {
      insert: (on) => on.prepare(`INSERT INTO ${vectors}`).run(BigInt(10_000 + value++), valueId(on), bytes(vector())),
      delete: (on) => on.prepare('DELETE FROM vectors WHERE rowid = ?').run(someId()),
      'delete many': (on) => on.prepare('DELETE FROM vectors WHERE rowid BETWEEN ? AND ?').run(someId(), someId()),
      update: (on) => on.prepare('UPDATE vectors SET vector = ? WHERE rowid = ?').run(bytes(vector()), someId()),
      'value id': (on) => on.prepare('UPDATE vectors SET value_ref = ? WHERE rowid = ?').run(valueId(on), someId()),
      docs: (on) => on.prepare('INSERT INTO docs (text) VALUES (?)').run('x'.repeat(below(20_000))),
      'delete docs': (on) => on.exec('DELETE FROM docs'),
      schema: (on) => on.exec(`CREATE TABLE t${value++} (x)`),
      vacuum: (on) => on.exec('VACUUM'),
      checkpoint: (on) => on.pragma(`wal_checkpoint(${['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'][below(4)]})`),
    };
    const own: Record<string, () => unknown> = {
      insert: () => vault.insert(vector(), value++),
      many: () => vault.insertMany(Array.from({ length: below(300) }, () => [vector(), value++] as const)),
      delete: () => vault.delete(someId()),
      'delete none': () => vault.delete(5_000_000n),
      update: () => vault.update(someId(), { vector: vector() }),
      'update value': () => vault.update(someId(), { value: value++ }),
      ...(seed % 4 === 0 && { clear: () => vault.clear(), compact: () => vault.compact() }),
    };
    database.loadExtension(getLoadablePath());
    const pick = <T>(of: Record<string, T>): [string, T] => {
      const entries = Object.entries(of);
      return entries[below(entries.length)] as [string, T];
    };
    const tried = (what: string, run: () => unknown) => {
      log.push(what);
      try {
        run();
      } catch (error) {
        log.push(`  ${error}`);
      }
    };
    const act = () => {
      const who = below(3);
      if (who === 0) {
        const [what, change] = pick(changes);
        tried(`other: ${what}`, () => change(other));
      } else if (who === 1) {
        const [what, change] = pick(changes);
        tried(`user: ${what}`, () => change(database));
      } else {
        const [what, change] = pick(own);
        tried(`own: ${what}`, change);
      }
    };
    const check = async (async: boolean) => {
      const expected = fresh(file);
      const found = async ? await vault.searchAsync(QUERY, 20) : vault.search(QUERY, 20);
      expect(found, `seed ${seed}\n${log.slice(-30).join('\n')}`).toEqual(expected);
    };
    for (let n = 0; n < 150; n++) {
      if (below(4) > 0) act();
      else {
        tried('transaction', () =>
          vault.transaction(() => {
            for (let inner = below(4); inner >= 0; inner--) {
              const [what, change] = below(2) ? pick(own) : pick(changes);
              tried(`  in: ${what}`, () => change(database));
              if (below(2)) vault.search(QUERY);
              if (below(4) === 0) {
                tried('  savepoint', () =>
                  vault.transaction(() => {
                    own.insert?.();
                    vault.search(QUERY);
                    throw new Error('undone');
                  }),
                );
              }
            }
            if (below(3) === 0) throw new Error('undone');
          }),
        );
      }
      if (below(3) > 0) await check(below(3) === 0);
    }
    await check(false);
  });
});
