// Elements of columns that are changed, and several files in one Studio.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { expect, test } from 'vitest';
import { tempFile, tempFolder } from '../../../tools/testing/src/temp.ts';
import {
  type AppliedPlan,
  type ChangePlan,
  type ColumnElement,
  type Curve,
  type ErrorBody,
  REQUEST_HEADER,
  type StudioInfo,
} from '../src/index.ts';
import { started } from './support/client.ts';

const HEADERS = { 'content-type': 'application/json', [REQUEST_HEADER]: '1' };

test('an element of any kind is changed, after what changes was shown', async () => {
  const path = tempFile();
  {
    using columns = new ColumnVault(path);
    columns.createColumn('loss', 'f64').extend([3, 2, 1]);
    columns.createColumn('step', 'i64').extend([1n, 2n, 3n]);
    columns.createColumn('note', 'str:utf8').extend(['a', 'b', 'c']);
    columns.createColumn('event', 'msgpack').extend([{ at: 1 }, { at: 2 }]);
  }
  const client = await started({ file: path, readonly: false });
  const plan = (column: string, row: number, json: string) =>
    client.post<ChangePlan>('files/0/plans', { kind: 'element', column, row, json });
  const apply = ({ id }: ChangePlan, status = 200) =>
    client.post<AppliedPlan & ErrorBody>(`files/0/plans/${id}`, {}, status);
  const jsonOf = async (name: string, row: number) =>
    (await client.get<ColumnElement>('files/0/columns/element', { name, row })).json as string;

  const planned = await plan('loss', 1, '0.25');
  expect(planned).toMatchObject({
    count: 1,
    changes: [{ key: 't:loss[1]', before: { text: '2' }, after: { text: '0.25' } }],
  });
  expect(await jsonOf('loss', 1)).toBe('2');
  expect(await apply(planned)).toMatchObject({ count: 1 });
  await apply(await plan('step', 2, JSON.stringify({ $bigint: '9007199254740993' })));
  await apply(await plan('note', 0, '"longer than before"'));
  await apply(await plan('event', 1, (await jsonOf('event', 1)).replace('2', '"two"')));
  using columns = new ColumnVault(path);
  expect([...columns.column('loss')]).toEqual([3, 0.25, 1]);
  expect([...columns.column('step')]).toEqual([1n, 2n, 9007199254740993n]);
  expect([...columns.column('note')]).toEqual(['longer than before', 'b', 'c']);
  expect([...columns.column('event')]).toEqual([{ at: 1 }, { at: 'two' }]);

  // What has changed since is not overwritten, and neither is anything by what does not fit.
  const stale = await plan('loss', 0, '7');
  columns.column('loss').set(0, 4);
  expect((await apply(stale, 409)).error.code).toBe('KV_STALE');
  expect((await apply(await plan('loss', 0, '"text"'), 400)).error.message).toContain('number');
  expect([...columns.column('loss')]).toEqual([4, 0.25, 1]);
  const refused = async (body: object) =>
    (
      await client.api('files/0/plans', {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify({ kind: 'element', ...body }),
      })
    ).status;
  expect(await refused({ column: 'loss', row: 3, json: '1' })).toBe(404);
  expect(await refused({ column: 'none', row: 0, json: '1' })).toBe(404);
  expect(await refused({ column: 'loss', row: -1, json: '1' })).toBe(400);
  expect(await refused({ column: 'loss', row: 0 })).toBe(400);
});

test('a Studio that only reads changes no element', async () => {
  const path = tempFile();
  {
    using columns = new ColumnVault(path);
    columns.createColumn('loss', 'f64').extend([3]);
  }
  const client = await started({ file: path });
  const { error } = await client.post<ErrorBody>(
    'files/0/plans',
    { kind: 'element', column: 'loss', row: 0, json: '1' },
    403,
  );
  expect(error.code).toBe('STUDIO_READONLY');
});

test('several files are served, each with a name of its own', async () => {
  const folder = tempFolder();
  const paths = ['first', 'second'].map((run) => {
    mkdirSync(join(folder, run));
    return join(folder, run, 'run.db');
  });
  for (const [nth, path] of paths.entries()) {
    using columns = new ColumnVault(path);
    columns.createColumn('loss', 'f64').extend([nth, nth + 1]);
  }
  const client = await started({ files: paths });
  const { files } = await client.get<StudioInfo>('studio');
  expect(files.map(({ id, name }) => [id, name])).toEqual([
    ['0', 'first/run.db'],
    ['1', 'second/run.db'],
  ]);
  expect((await client.get<Curve>('files/0/columns/curve', { name: 'loss' })).ys).toEqual([0, 1]);
  expect((await client.get<Curve>('files/1/columns/curve', { name: 'loss' })).ys).toEqual([1, 2]);
  const { error } = await client.get<ErrorBody>('files/2/columns/curve', { name: 'loss' }, 404);
  expect(error.message).toContain('there is no file');
  await expect(started({ files: [paths[0] as string, join(folder, 'none.db')] })).rejects.toThrow('there is no file');
  await expect(started({ files: [] })).rejects.toThrow('an array of paths');
});
