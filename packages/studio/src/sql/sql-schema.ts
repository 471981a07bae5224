import { columnInspector } from '@kohakuvault/columns/inspect';
import { isVirtual, schemaTables } from '@kohakuvault/core-native/internal/database';
import type { SqlSchema } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { SQL_LIMITS } from './sql-tasks.ts';

const MOST_TABLES = 2_000;
const MOST_COLUMNS = 20_000;

/** Returns what SQL can read. */
export function sqlSchema(file: VaultFile): SqlSchema {
  return file.consistently(() => ({ tables: tablesOf(file), columns: columnsOf(file), limits: SQL_LIMITS }));
}

function tablesOf({ database }: VaultFile): SqlSchema['tables'] {
  const views = database
    .prepare("SELECT coalesce(CAST(name AS TEXT), '') FROM main.sqlite_schema WHERE type = 'view' ORDER BY name")
    .pluck()
    .all() as string[];
  const tables = schemaTables(database).map((table) => {
    // The module of a virtual table may not be there, and would run.
    const kind = isVirtual(table) ? 'virtual' : 'table';
    return { name: table.name, kind, columns: kind === 'virtual' ? [] : columnsOfTable(database, table.name) } as const;
  });
  return [...tables, ...views.map((name) => ({ name, kind: 'view' as const, columns: [] }))].slice(0, MOST_TABLES);
}

function columnsOfTable(database: VaultFile['database'], table: string): { name: string; type: string }[] {
  return database.prepare("SELECT name, type FROM pragma_table_info(?, 'main')").all(table) as {
    name: string;
    type: string;
  }[];
}

function columnsOf(file: VaultFile): SqlSchema['columns'] {
  if (columnInspector.tables(file.database).main.length === 0) return [];
  return file.columns
    .listColumns()
    .slice(0, MOST_COLUMNS)
    .map(({ name }) => ({ name, sql: `SELECT i, value FROM kohakuvault_column('${name.replaceAll("'", "''")}')` }));
}
