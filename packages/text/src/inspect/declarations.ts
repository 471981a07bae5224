import {
  type Database,
  type PackageTables,
  schemaTables,
  usesModule,
} from '@kohakuvault/core-native/internal/database';
import { readDeclaration, type TextDeclaration } from '../declaration.ts';

/** What the schema declares of a full-text table. */
export interface DeclaredTexts {
  readonly table: string;
  /** Undefined if it is not a table of a TextVault. */
  readonly declaration: TextDeclaration | undefined;
}

/** The suffixes of the tables that belong to a full-text table: its values, and FTS5's shadow tables. */
const RELATED = /^_(?:values|data|idx|content|docsize|config)$/;

/** Returns the full-text tables, by name. */
export function declaredTexts(database: Database): DeclaredTexts[] {
  const tables = schemaTables(database);
  const names = new Set(tables.map(({ name }) => name));
  return tables
    .filter((table) => usesModule(table, 'fts5'))
    .map(({ name, sql }) => ({
      table: name,
      declaration: names.has(`${name}_values`) ? readDeclaration(sql ?? '') : undefined,
    }));
}

/** Finds the full-text tables of a file, and those that belong to them. */
export function textTables(database: Database): PackageTables {
  const main = declaredTexts(database).map(({ table }) => table);
  const related = schemaTables(database)
    .map(({ name }) => name)
    .filter((name) => main.some((table) => name.startsWith(table) && RELATED.test(name.slice(table.length))));
  return { main, related };
}
