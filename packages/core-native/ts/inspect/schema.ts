import type { Database } from 'better-sqlite3';
import { TABLE as META_TABLE } from '../database/meta.ts';
import { STRUCTURES_TABLE } from '../database/structures.ts';

/** A table, as the schema of the file describes it. */
export interface SchemaTable {
  readonly name: string;
  /** The statement that made it. Null for SQLite's own tables. */
  readonly sql: string | null;
}

/** Returns all tables of the file by name, virtual tables and their shadow tables included. */
export function schemaTables(database: Database): SchemaTable[] {
  return database
    .prepare(
      // CAST: a faulty program may have stored another class than text.
      `SELECT coalesce(CAST(name AS TEXT), '') AS name, CAST(sql AS TEXT) AS sql
        FROM main.sqlite_schema WHERE type = 'table' ORDER BY name`,
    )
    .all() as SchemaTable[];
}

/** Returns whether a table is a virtual table of a module. */
export function usesModule({ sql }: SchemaTable, module: string): boolean {
  return sql !== null && new RegExp(`^\\s*CREATE\\s+VIRTUAL\\s+TABLE\\b[^(]*\\bUSING\\s+${module}\\b`, 'i').test(sql);
}

/** Returns whether a table is virtual. Its module may not be loaded, so do not ask SQLite for its columns. */
export function isVirtual({ sql }: SchemaTable): boolean {
  return sql !== null && /^\s*CREATE\s+VIRTUAL\s+TABLE\b/i.test(sql);
}

/** Returns whether a table belongs to SQLite, or describes the file itself: its meta table, and that of structures. */
export function isAboutTheFile({ name }: SchemaTable): boolean {
  return name.startsWith('sqlite_') || name === META_TABLE || name === STRUCTURES_TABLE;
}

/** Returns the schema version of the file. Null if it has none, as files of Python's vector and text vaults. */
export function schemaVersion(database: Database): string | null {
  try {
    const select = database.prepare(`SELECT CAST(value AS TEXT) FROM main.${META_TABLE} WHERE key = 'schema_version'`);
    return (select.pluck().get() as string | undefined) ?? null;
  } catch {
    return null;
  }
}
