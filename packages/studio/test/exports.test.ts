// What SQL returns, as files for other programs.

import { KVault } from '@kohakuvault/kvault';
import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { type ErrorBody, REQUEST_HEADER } from '../src/index.ts';
import { type Client, started } from './support/client.ts';

const HEADERS = { 'content-type': 'application/json', [REQUEST_HEADER]: '1' };

async function withTable(): Promise<Client> {
  const path = tempFile();
  {
    using vault = new KVault(path);
    vault.database.exec(`CREATE TABLE things (id INTEGER, ratio REAL, name TEXT, bytes BLOB, mixed);
      INSERT INTO things VALUES
        (9007199254740993, 0.5, 'a "quoted", text', x'00ff', 1),
        (-2, NULL, NULL, NULL, 'two'),
        (NULL, -1e300, 'ü', x'', NULL)`);
  }
  return await started({ file: path });
}

function exported(client: Client, sql: string, format: string, parameters: unknown[] = []) {
  const body = JSON.stringify({ sql, format, parameters });
  return client.api('files/0/sql/export', { method: 'POST', headers: HEADERS, body });
}

test('a query is exported as Arrow, with its types and all digits', async () => {
  const client = await withTable();
  const { status, headers, body } = await exported(client, 'SELECT *, id FROM things ORDER BY rowid', 'arrow');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/vnd.apache.arrow.file');
  expect(headers['content-disposition']).toContain('query.arrow');
  const table = tableFromIPC(body);
  expect(table.schema.fields.map(({ name, type }) => [name, String(type)])).toEqual([
    ['id', 'Int64'],
    ['ratio', 'Float64'],
    ['name', 'Utf8'],
    ['bytes', 'Binary'],
    ['mixed', 'Utf8'],
    ['id_5', 'Int64'],
  ]);
  const column = (name: string) => [...(table.getChild(name) ?? [])];
  expect(column('id')).toEqual([9007199254740993n, -2n, null]);
  expect(column('id_5')).toEqual(column('id'));
  expect(column('ratio')).toEqual([0.5, null, -1e300]);
  expect(column('name')).toEqual(['a "quoted", text', null, 'ü']);
  expect(column('bytes').map((bytes) => bytes && [...bytes])).toEqual([[0, 255], null, []]);
  expect(column('mixed')).toEqual(['1', 'two', null]);
});

test('a query without rows is an Arrow file with its columns; a parameter is bound', async () => {
  const client = await withTable();
  const none = tableFromIPC((await exported(client, 'SELECT id, name FROM things WHERE id = 0', 'arrow')).body);
  expect([none.numRows, none.schema.fields.map(({ name }) => name)]).toEqual([0, ['id', 'name']]);
  const some = tableFromIPC((await exported(client, 'SELECT name FROM things WHERE id < ?', 'arrow', [0])).body);
  expect(some.numRows).toBe(1);
});

test('the same as CSV; what is wrong with a query is told instead of a file', async () => {
  const client = await withTable();
  const { body } = await exported(client, 'SELECT * FROM things ORDER BY rowid', 'csv');
  expect(body.toString().split('\r\n')).toEqual([
    'id,ratio,name,bytes,mixed',
    '9007199254740993,0.5,"a ""quoted"", text",00ff,1',
    '-2,,,,two',
    ',-1e+300,ü,"",',
    '',
  ]);
  for (const [sql, format] of [
    ['SELECT nothing FROM things', 'arrow'],
    ['DELETE FROM things', 'arrow'],
    ['SELECT 1', 'xlsx'],
  ] as const) {
    const answer = await exported(client, sql, format);
    expect(answer.status, sql).toBeGreaterThanOrEqual(400);
    expect((JSON.parse(answer.body.toString()) as ErrorBody).error.message).not.toBe('');
  }
});
