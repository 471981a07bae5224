import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { vaultOf } from './support/vaults.ts';

/** The schema of a table's parts without names, numbers and spaces, as it does not matter who wrote it. */
function schemaOf(file: string, table: string): unknown {
  const database = new Database(file, { readonly: true });
  const rows = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE name LIKE ? || '%' AND name NOT LIKE '%fields%' ORDER BY 1")
    .all(table) as { name: string; sql: string | null }[];
  database.close();
  const plain = (text: string | null) => text?.replaceAll(table, 't').replaceAll(/[\s"]/g, '');
  return rows.map(({ name, sql }) => [plain(name.replace('sqlite_autoindex_', '')), plain(sql)]);
}

test('without sqlite-vec, tables are made, written and read, and sqlite-vec reads the result', async () => {
  const [file, other] = [tempFile(), tempFile()];
  const vault = vaultOf({}, file);
  vault.insertMany([
    [[1, 2, 3, 4], 'near'],
    [[4, 3, 2, 1], 'far'],
  ]);
  vault.close();
  const child = fork(join(import.meta.dirname, 'scripts', 'without-sqlite-vec.ts'), [file, other], {
    execArgv: ['--conditions=@kohakuvault/source'],
  });
  const exited = once(child, 'exit');
  const [told] = await once(child, 'message');
  expect(told).toEqual({
    found: ['near', 'far'],
    moved: ['moved'],
    asynchronous: ['near'],
    size: 22,
    where: ['made 1496', 'made 1497', 'made 1498', 'made 1499'],
    refusal: expect.stringMatching(/sqlite-vec is not there/),
  });
  await exited;
  // What it wrote is what sqlite-vec writes.
  for (const [path, table, count] of [
    [file, 'vec_kvault', 22],
    [other, 'renamed', 1_500],
  ] as const) {
    const database = new Database(path);
    database.loadExtension(getLoadablePath());
    const query = Buffer.from(Float32Array.of(1, 0, 0, 0).buffer);
    const found = database.prepare(`SELECT rowid FROM ${table} WHERE vector MATCH ? AND k = 4000`).all(query);
    expect(found).toHaveLength(count);
    database.prepare(`DELETE FROM ${table} WHERE rowid = (SELECT max(rowid) FROM ${table}_rowids)`).run();
    database.prepare(`INSERT INTO ${table} (value_ref, vector) VALUES (1, ?)`).run(query);
    expect(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(count);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  }
  expect(
    vaultOf({}, file)
      .search([9, 0, 0, 0], 2)
      .map(({ value }) => value),
  ).toContain('moved');
  expect(schemaOf(other, 'renamed')).toEqual(schemaOf(file, 'vec_kvault'));
  const names = new Database(other, { readonly: true });
  expect(names.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'gone%'").all()).toEqual([]);
  names.close();
  const renamed = vaultOf({ table: 'renamed' }, other);
  expect(renamed.search([1, 3, 0, 0], { k: 1, where: { year: 3 } })[0]?.value).toBe('made 3');
  for await (const { what, problems } of vectorInspector.verify(renamed)) {
    // The vector that sqlite-vec deleted has left its value.
    expect(
      problems.filter((problem) => !/belongs to no vector|share value/.test(problem)),
      what,
    ).toEqual([]);
  }
});
