// Scores are FTS5's own BM25, no matter who has changed a document since its length was looked up.
import type { TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { vaultOf } from './support/vaults.ts';

/** Expects the scores of FTS5, which another connection computes. */
function expectScores(vault: TextVault<null, 'a' | 'b'>, other: Database.Database, weights?: string): void {
  const select = other.prepare(
    `SELECT rowid AS id, -bm25(text_vault${weights ?? ''}) AS score FROM text_vault WHERE text_vault MATCH ?`,
  );
  for (const query of ['red', 'green', 'red green', 'blue']) {
    const expression = query.split(' ').join(' OR ');
    const theirs = new Map(
      (select.all(expression) as { id: number; score: number }[]).map(({ id, score }) => [id, score]),
    );
    // The second search knows all lengths.
    for (const found of [1, 2].map(() => vault.search(query, { k: 1_000, match: 'any' }))) {
      expect(new Map(found.map(({ id, score }) => [Number(id), score.toPrecision(12)])), query).toEqual(
        new Map([...theirs].map(([id, score]) => [id, score.toPrecision(12)])),
      );
    }
  }
}

function filled(options: Parameters<typeof vaultOf<null, 'a' | 'b'>>[0] = {}) {
  const vault = vaultOf<null, 'a' | 'b'>({ columns: ['a', 'b'], ...options });
  vault.insertMany(
    Array.from({ length: 60 }, (_, number) => [
      {
        a: `red ${'more '.repeat(number % 9)}${number % 3 ? 'green' : ''}`,
        b: number % 5 ? 'blue' : 'red green green',
      },
    ]),
  );
  const other = new Database(vault.path);
  onTestFinished(() => {
    other.close();
  });
  return { vault, other };
}

const LONG = { a: `red ${'long '.repeat(50)}`, b: 'green' };

const CHANGES: Record<string, (vault: TextVault<null, 'a' | 'b'>, other: Database.Database) => void> = {
  update: (vault) => vault.update(7, { texts: LONG }),
  'an update of one text': (vault) => vault.update(8, { texts: { b: LONG.a } }),
  'a delete and an insert with the same id': (vault) => {
    vault.delete(9);
    vault.insert(LONG, null, { id: 9 });
  },
  deleteMany: (vault) => vault.deleteMany([1, 2, 3]),
  'clear, and ids of the user': (vault) => {
    vault.clear();
    vault.insert(LONG, null, { id: 5 });
    vault.insert({ a: 'red', b: '' }, null, { id: 6 });
  },
  'an update that is rolled back': (vault) => {
    const undo = new Error('undo');
    expect(() =>
      vault.transaction(() => {
        vault.update(7, { texts: LONG });
        vault.search('red', 1_000);
        throw undo;
      }),
    ).toThrow(undo);
  },
  'an update that the user rolls back': (vault) => {
    vault.database.exec('BEGIN');
    vault.update(7, { texts: LONG });
    vault.search('red', 1_000);
    vault.database.exec('ROLLBACK');
  },
  'another connection': (_, other) => other.prepare('UPDATE text_vault SET a = ? WHERE rowid = 7').run(LONG.a),
  'SQL of the user': (vault) => vault.database.prepare('UPDATE text_vault SET a = ? WHERE rowid = 7').run(LONG.a),
  'another vault on the connection': (vault) => {
    const same = vaultOf<null, 'a' | 'b'>({ columns: ['a', 'b'], table: 'TEXT_VAULT' }, vault);
    same.search('red');
    same.update(7, { texts: LONG });
  },
  'a table of the same name': (vault) => {
    const { path } = vault;
    const kept = vaultOf({ table: 'other' }, vault);
    vault.dropTable();
    const fresh = vaultOf<null, 'a' | 'b'>({ columns: ['a', 'b'] }, kept);
    fresh.insertMany([[LONG], [{ a: 'red', b: 'green' }], [{ a: 'red', b: 'blue' }]]);
    const other = new Database(path);
    expectScores(fresh, other);
    other.close();
  },
};

test.each(Object.entries(CHANGES))('%s', (_, change) => {
  const { vault, other } = filled();
  expectScores(vault, other);
  change(vault, other);
  if (vault.open) expectScores(vault, other);
});

test('weights count as FTS5 has them', () => {
  const { vault, other } = filled({ weights: { a: 3, b: 0.5 } });
  expectScores(vault, other, ', 3.0, 0.5');
});

test('the lengths of a snapshot are its own', () => {
  const { vault, other } = filled();
  vault.search('red', 1_000);
  vault.snapshot(() => {
    const before = vault.search('red', 1_000);
    other.prepare('UPDATE text_vault SET a = ? WHERE rowid = 7').run(LONG.a);
    expect(vault.search('red', 1_000)).toEqual(before);
  });
  expectScores(vault, other);
});
