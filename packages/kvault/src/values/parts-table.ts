import { type Access, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { idInSql } from './manifest.ts';

/** Returns the name of the table that holds the parts of a vault table's long values. */
export function partsTableOf(table: string): string {
  return `kohakuvault_parts_${table}`;
}

/**
 * Creates the table of parts, and the triggers that delete parts with their value, no matter who deletes or overwrites
 * it. The id of the value just written tells which parts are its own, so parts and row may be written in either order.
 * INSERT OR REPLACE fires no trigger for the row it replaces, so there is a trigger for insertions as well. It runs
 * after the insertion, because an INSERT OR IGNORE that is ignored must not delete the parts.
 */
export function makePartsTable(connection: Access, table: string): void {
  const parts = partsTableOf(table);
  const [name, values] = [quoteIdentifier(parts), quoteIdentifier(table)];
  const trigger = (event: string, when: string, body: string) =>
    `CREATE TRIGGER IF NOT EXISTS main.${quoteIdentifier(`${parts}_${event}`)} AFTER ${event} ON ${values} ` +
    `WHEN EXISTS (SELECT 1 FROM ${name} WHERE ${when}) BEGIN ${body} END`;
  const removeOthers = (when: string) => `DELETE FROM ${name} WHERE ${when} AND id IS NOT ${idInSql('NEW.value')};`;
  const statements = [
    `CREATE TABLE IF NOT EXISTS main.${name} ` +
      '(key BLOB NOT NULL, id BLOB NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, id, part))',
    trigger('delete', 'key = OLD.key', `DELETE FROM ${name} WHERE key = OLD.key;`),
    trigger('insert', 'key = NEW.key', removeOthers('key = NEW.key')),
    // Parts follow when their key changes.
    trigger(
      'update',
      'key IN (OLD.key, NEW.key)',
      `${removeOthers('key IN (OLD.key, NEW.key)')} ` +
        `UPDATE ${name} SET key = NEW.key WHERE key = OLD.key AND OLD.key IS NOT NEW.key;`,
    ),
  ];
  changeSchema(connection, ...statements);
}

/** Removes the triggers, which have the table's name in theirs. */
export function dropPartsTriggers(connection: Access, table: string): void {
  const names = ['delete', 'insert', 'update'].map((event) => quoteIdentifier(`${partsTableOf(table)}_${event}`));
  changeSchema(connection, ...names.map((name) => `DROP TRIGGER IF EXISTS main.${name}`));
}

export function hasPartsTable(connection: Access, table: string): boolean {
  const statement = connection.query(
    "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
  );
  return connection.read(() => statement.get(partsTableOf(table))) !== undefined;
}
