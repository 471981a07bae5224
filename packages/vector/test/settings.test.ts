// What the file says of a table's fields and ids: damaged, of a later release, left behind by other programs.
import { VectorKVault } from '@kohakuvault/vector';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

function open(source: string | Database.Database) {
  const options = { dimensions: 2, metric: 'l2', ids: 'str', fields: { n: 'i64', b: 'bool' } } as const;
  const vault = new VectorKVault(source, options);
  onTestFinished(() => vault.close());
  return vault;
}

function filled(): { file: string; database: Database.Database } {
  const file = tempFile();
  const vault = open(file);
  vault.insertMany([
    [[0, 0], 'a', { id: 'a', n: 1, b: true }],
    [[1, 0], 'b', { id: 'b', n: 2 }],
  ]);
  vault.close();
  const database = new Database(file);
  onTestFinished(() => void database.close());
  return { file, database };
}

async function verified(database: Database.Database): Promise<{ problems: string[]; notes: string[] }> {
  const [problems, notes]: string[][] = [[], []];
  for await (const found of vectorInspector.verify(database)) {
    problems?.push(...found.problems);
    notes?.push(...found.notes);
  }
  return { problems: problems as string[], notes: notes as string[] };
}

test.each<[string, string, string, RegExp]>([
  ['no JSON', '{', 'KV_CORRUPT', /the settings of the table "vec_kvault" in kohakuvault_meta are damaged/],
  ['JSON of a number', '5', 'KV_CORRUPT', /are damaged: "5"/],
  ['JSON of a list', '[]', 'KV_CORRUPT', /are damaged/],
  ['an unknown type', '{"fields":{"n":"i128"},"ids":"str"}', 'KV_CORRUPT', /are damaged/],
  ['a setting of a later release', '{"ids":"str","partitions":2}', 'KV_ERROR', /the setting "partitions" of a later/],
  ['ids of a later release', '{"ids":"uuid"}', 'KV_ERROR', /settings of a later release; update KohakuVault/],
])('%s is refused, and told by verify', async (_, text, code, message) => {
  const { file, database } = filled();
  database.prepare("UPDATE kohakuvault_meta SET value = ? WHERE key = 'vector_table:vec_kvault'").run(text);
  expect(thrownBy(() => open(file))).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(vectorInspector.list(database)).toMatchObject([{ table: 'vec_kvault', vectors: 2 }]);
  expect((await verified(database)).problems).toEqual([expect.stringMatching(message)]);
});

test('verify finds fields of another type, and tells what other programs have left behind', async () => {
  const { file, database } = filled();
  expect(await verified(database)).toEqual({ problems: [], notes: [] });
  database.exec("UPDATE vec_kvault_fields SET n = 'x' WHERE id = 1; UPDATE vec_kvault_fields SET b = 5 WHERE id = 2");
  expect((await verified(database)).problems).toEqual([
    'the field n of vector 1 is not i64: its class is text',
    'the field b of vector 2 is not bool: its class is integer',
  ]);
  database.exec('UPDATE vec_kvault_fields SET n = 1, b = NULL');
  const plain = new Database(file);
  plain.loadExtension(getLoadablePath());
  plain.exec('DELETE FROM vec_kvault WHERE rowid = 1; DELETE FROM vec_kvault_values WHERE id = 1');
  plain.close();
  expect(await verified(database)).toEqual({
    problems: [],
    notes: [
      '1 row of fields belong to vectors that another program has deleted; compact() removes them',
      '1 row of ids belong to vectors that another program has deleted; compact() removes them',
    ],
  });
  open(file).compact();
  expect(await verified(database)).toEqual({ problems: [], notes: [] });
});

test('a table of fields that is gone is damage, also for an open vault', async () => {
  const { file, database } = filled();
  const vault = open(file);
  database.exec('DROP TABLE vec_kvault_fields');
  const damage = { code: 'KV_CORRUPT' };
  expect(thrownBy(() => vault.search([0, 0], { where: { n: 1 } }))).toMatchObject(damage);
  expect(thrownBy(() => vault.insert([0, 0], 'c', { id: 'c', n: 1 }))).toMatchObject(damage);
  await expect(vault.searchAsync([0, 0], { where: { n: 1 } })).rejects.toMatchObject(damage);
  expect(vault.size).toBe(2);
  expect(vault.search([0, 0])).toHaveLength(2);
});

test('a database in memory is searched by fields off the event loop too', async () => {
  const vault = open(':memory:');
  vault.insertMany([
    [[0, 0], 'a', { id: 'a', n: 1 }],
    [[1, 0], 'b', { id: 'b', n: 2 }],
  ]);
  for (let turn = 0; turn < 3; turn++) {
    const found = await Promise.all([1, 2].map((n) => vault.searchAsync([0, 0], { where: { n } })));
    expect(found.map((results) => results.map(({ id }) => id))).toEqual([['a'], ['b']]);
  }
  let inside: ReturnType<typeof vault.searchAsync> | undefined;
  vault.transaction(() => {
    vault.insert([2, 0], 'c', { id: 'c', n: 1 });
    inside = vault.searchAsync([0, 0], { where: { n: 1 } });
  });
  expect((await inside)?.map(({ id }) => id)).toEqual(['a', 'c']);
});
