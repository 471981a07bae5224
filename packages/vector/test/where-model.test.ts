// Searches by fields compared with an evaluation in JavaScript, while several writers change the table.
import { VectorKVault } from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { meets, randomCondition } from './support/conditions.ts';
import { difference, plainSearch } from './support/oracle.ts';
import { randomNumbers } from './support/random.ts';

const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);
const FIELDS = { n: 'i64', x: 'f64', s: 'str', b: 'bool' } as const;
type Fields = { n?: bigint; x?: number; s?: string; b?: boolean };

interface Row {
  vector: number[];
  fields: Fields;
}

test(`any condition finds what JavaScript finds, no matter who writes (seed ${SEED})`, async () => {
  const random = randomNumbers(SEED);
  const below = (count: number) => Math.floor(Math.abs(random()) * count) % count;
  const file = tempFile();
  const open = (options: object = {}) => {
    const vault = new VectorKVault(file, { dimensions: 3, metric: 'l2', fields: FIELDS, ...options });
    onTestFinished(() => vault.close());
    return vault;
  };
  const vault = open();
  const fromFile = open({ residentBytes: 0 });
  const plain = new Database(file);
  plain.loadExtension(getLoadablePath());
  onTestFinished(() => void plain.close());
  let rows = new Map<bigint, Row>();
  const conditions: object[] = [];
  const randomRow = (): Row => {
    const fields: Fields = {};
    if (below(4) > 0) fields.n = BigInt(below(9) - 4);
    if (below(4) > 0) fields.x = [0, -0.5, 1.5, Number.POSITIVE_INFINITY][below(4)] as number;
    if (below(4) > 0) fields.s = ['', 'a', 'b', 'ž', '\u{1F600}', '\uFFFD'][below(6)] as string;
    if (below(3) > 0) fields.b = below(2) === 0;
    return { vector: [random(), random(), random()], fields };
  };
  const pick = () => [...rows.keys()][below(rows.size)] as bigint;
  const steps: Record<string, () => void> = {
    insertMany() {
      const added = Array.from({ length: below(40) }, randomRow);
      const ids = vault.insertMany(added.map(({ vector, fields }) => [vector, 'v', fields]));
      for (const [nth, id] of ids.entries()) rows.set(id, added[nth] as Row);
    },
    insert() {
      const row = randomRow();
      rows.set(fromFile.insert(row.vector, 'v', row.fields), row);
    },
    delete() {
      if (rows.size > 0) {
        const id = pick();
        expect(vault.delete(id)).toBe(rows.delete(id));
      }
    },
    update() {
      if (rows.size === 0) return;
      const [id, { vector, fields }] = [pick(), randomRow()];
      vault.update(id, { vector, fields });
      const old = rows.get(id) as Row;
      rows.set(id, { vector, fields: { ...old.fields, ...fields } });
    },
    'a rollback'() {
      const before = new Map(rows);
      vault.database.exec('BEGIN');
      steps.insertMany?.();
      steps.update?.();
      check();
      vault.database.exec('ROLLBACK');
      rows = before;
    },
    'another program'() {
      // As Python writes: it does not know of fields.
      const value = plain.prepare('INSERT INTO vec_kvault_values (value) VALUES (?)').run(Buffer.from('v'));
      const { vector } = randomRow();
      const bytes = Buffer.from(Float32Array.from(vector).buffer);
      const { lastInsertRowid } = plain
        .prepare('INSERT INTO vec_kvault (value_ref, vector) VALUES (?, ?)')
        .run(BigInt(value.lastInsertRowid), bytes);
      rows.set(BigInt(lastInsertRowid), { vector, fields: {} });
      if (rows.size > 5) {
        const id = pick();
        plain.prepare('DELETE FROM vec_kvault WHERE rowid = ?').run(id);
        rows.delete(id);
      }
    },
  };
  function check(): void {
    for (let turn = 0; turn < 3; turn++) {
      // Often one that was evaluated before the last change.
      const known = conditions[below(2 * conditions.length + 1)];
      const where = known ?? randomCondition(below, 3);
      if (!known && conditions.push(where) > 8) conditions.shift();
      const query = [random(), random(), random()];
      const k = 1 + below(30);
      const accepted = [...rows].filter(([, { fields }]) => meets(fields, where));
      const expected = plainSearch(
        accepted.map(([id, { vector }]) => [id, vector] as const),
        'l2',
        query,
        k,
      );
      for (const one of [vault, fromFile]) {
        for (const mode of ['exact', 'approximate'] as const) {
          const found = one.search(query, { k, where: where as never, mode });
          const text = JSON.stringify(where, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
          expect(difference(found, expected), `${text}, ${mode}`).toBeUndefined();
        }
      }
    }
  }
  const names = Object.keys(steps);
  for (let turn = 0; turn < 120; turn++) {
    steps[names[below(names.length)] as string]?.();
    check();
    if (turn % 3 > 0) continue;
    // What the other thread evaluates is kept for the next search, unless something changes meanwhile.
    const where = conditions[below(conditions.length)] ?? {};
    const searching = vault.searchAsync([0, 0, 0], { k: 1_000, where: where as never });
    const before = [...rows];
    if (below(2) === 0) steps[names[below(names.length)] as string]?.();
    check();
    const found = await searching;
    const expected = before.filter(([, { fields }]) => meets(fields, where)).map(([id]) => id);
    // It sees what was there when it was called, or later.
    if (before.length === rows.size) expect(found.map(({ id }) => id).sort()).toEqual(expected.sort());
    check();
  }
  for await (const { what, problems } of vectorInspector.verify(vault)) {
    // The values of vectors that the other program deleted belong to no vector, as after Python.
    expect(
      problems.filter((problem) => !/belongs to no vector/.test(problem)),
      what,
    ).toEqual([]);
  }
});
