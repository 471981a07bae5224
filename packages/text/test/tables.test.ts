// Tables that are dropped, renamed and emptied.
import type { TextVault } from '@kohakuvault/text';
import { expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { idsOf, vaultOf } from './support/vaults.ts';

function filled() {
  const main = vaultOf<string>();
  const docs = vaultOf<string>({ table: 'docs', tokenizer: 'porter' }, main);
  docs.insertMany([
    ['running water', 'a'],
    ['a river runs', 'b'],
    ['dry land', 'c'],
  ]);
  return { main, docs };
}

function schema({ database }: TextVault): string[] {
  const sql = "SELECT name FROM sqlite_schema WHERE name GLOB 'docs*' OR name GLOB 'fresh*' ORDER BY name";
  return database.prepare(sql).pluck().all() as string[];
}

test('dropTable deletes all tables and closes the vault', () => {
  const { main, docs } = filled();
  docs.search('run');
  docs.suggest('r');
  docs.dropTable();
  expect([docs.open, schema(main)]).toEqual([false, []]);
  const again = vaultOf<string>({ table: 'docs' }, main);
  expect([again.size, again.info().tokenizer]).toEqual([0, 'unicode61']);
  again.insert('running', 'd');
  expect([again.count('run'), again.suggest('run')]).toEqual([0, [{ term: 'running', documents: 1 }]]);
});

test('renameTable keeps documents, ids and declaration', () => {
  const { main, docs } = filled();
  const fresh = docs.renameTable('fresh "one"');
  expect([docs.open, fresh.table, schema(main).some((name) => name.startsWith('docs'))]).toEqual([
    false,
    'fresh "one"',
    false,
  ]);
  expect(idsOf(fresh.search('run'))).toEqual([2, 1].toSorted());
  expect(fresh.insert('runs', 'd')).toBe(4n);
  expect(codeOf(() => fresh.renameTable('text_vault'))).toBe('KV_INVALID_ARGUMENT');
  expect(fresh.size).toBe(4);
});

test.each(['dropTable', 'renameTable', 'clear'] as const)('a rollback of %s brings everything back', (method) => {
  const { main, docs } = filled();
  const before = [...docs];
  const undo = new Error('undo');
  expect(() =>
    main.transaction(() => {
      if (method === 'renameTable') docs.renameTable('fresh').insert('undone', 'x');
      else docs[method]();
      if (method === 'clear') docs.insert('undone run', 'x');
      throw undo;
    }),
  ).toThrow(undo);
  const back = vaultOf<string>({ table: 'docs' }, main);
  expect([...back]).toEqual(before);
  expect(back.count('run')).toBe(2);
  expect(back.insert('running', 'new')).toBe(4n);
  back.database.exec("INSERT INTO docs(docs, rank) VALUES ('integrity-check', 1)");
});

test('a table that another vault has open is neither dropped nor renamed', () => {
  const { main, docs } = filled();
  const other = vaultOf<string>({ table: 'DOCS' }, main);
  for (const call of [() => docs.dropTable(), () => docs.renameTable('fresh')]) {
    expect(codeOf(call)).toBe('KV_INVALID_ARGUMENT');
  }
  other.close();
  docs.dropTable();
});

test('two vaults on one table see each other, and another connection does too', () => {
  const one = vaultOf<number>();
  const same = vaultOf<number>({}, one);
  const other = vaultOf<number>({ readonly: true }, one.path);
  one.insert('first', 1);
  same.insert('second first', 2);
  for (const vault of [one, same, other]) expect(idsOf(vault.search('first'))).toEqual([1, 2]);
});
