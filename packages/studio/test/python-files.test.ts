// Files that the Python package wrote: every view shows what the library reads of them.
import { cpSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../tools/testing/src/temp.ts';
import type {
  ColumnList,
  ColumnTable,
  KeysPage,
  Overview,
  TextRows,
  TextTables,
  ValueView,
  VectorRows,
  VectorTables,
  VerifyMessage,
} from '../src/index.ts';
import { nodeOf } from '../src/values/value-node.ts';
import { started } from './support/client.ts';

const FOLDER = resolve(import.meta.dirname, '../../../tools/fixtures/conformance');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.db'));

/** Copies a file, and its WAL if it has one. */
function copyOf(name: string): string {
  const folder = tempFolder();
  for (const one of readdirSync(FOLDER)) {
    if (one === name || one.startsWith(`${name}-`)) cpSync(join(FOLDER, one), join(folder, basename(one)));
  }
  return join(folder, name);
}

describe.each(FILES)('%s', (name) => {
  test('is shown as the library reads it, and is sound', async () => {
    const path = copyOf(name);
    const client = await started({ file: path });
    const overview = await client.get<Overview>('files/0/overview');
    expect(overview.isVault).toBe(true);
    for (const { table, keys } of overview.kv) {
      using vault = new KVault(path, { table, keyEncoding: 'bytes' });
      const page = await client.get<KeysPage>('files/0/keys', { table, limit: 1000 });
      expect([page.entries.length, page.next]).toEqual([vault.size, null]);
      expect(keys).toBe(vault.size);
      for (const [nth, key] of [...vault.keys()].entries()) {
        const entry = page.entries[nth];
        const view = await client.get<ValueView>('files/0/value', {
          table,
          key: entry?.kind === 'key' ? entry.key : '',
        });
        if (view.problem) expect(() => vault.get(key)).toThrow(view.problem.message.slice(-20));
        else if (view.tree) expect(view.tree).toEqual(JSON.parse(JSON.stringify(nodeOf(vault.get(key)))));
        else expect(view.contentBytes).toBe((vault.get(key) as Buffer).length);
      }
    }
    const { columns } = await client.get<ColumnList>('files/0/columns');
    for (const { name: column, length, problem } of columns) {
      expect([column, problem]).toEqual([column, null]);
      using vault = new ColumnVault(path);
      expect(length).toBe(vault.column(column).length);
      const table = await client.get<ColumnTable>('files/0/columns/table', { name: [column], count: 20 });
      expect(table.rows).toHaveLength(Math.min(20, length));
    }
    for (const { table, vectors, problem } of (await client.get<VectorTables>('files/0/vectors')).tables) {
      expect(problem).toBeNull();
      const { rows } = await client.get<VectorRows>('files/0/vectors/rows', { table, limit: 200 });
      expect(rows).toHaveLength(Math.min(200, vectors as number));
    }
    for (const { table, documents, problem } of (await client.get<TextTables>('files/0/texts')).tables) {
      expect(problem).toBeNull();
      const { rows } = await client.get<TextRows>('files/0/texts/rows', { table, limit: 200 });
      expect(rows).toHaveLength(Math.min(200, documents as number));
    }
    const messages = await client.lines<VerifyMessage>('files/0/verify');
    expect(messages.at(-1)).toMatchObject({ type: 'end', sound: true });
  });
});
