import { type Access, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { idInSql } from './manifest.ts';

/** The table beside a vault's table that holds the parts of its long values. */
export function partsTableOf(table: string): string {
  return `kohakuvault_parts_${table}`;
}

/**
 * Makes the table of parts, and the triggers by which parts go with their value, whoever deletes or overwrites it. Those of
 * the value just written are told by its id, so it does not matter whether the parts or the row came first. An INSERT OR
 * REPLACE fires no trigger for the row it replaces, so an insertion is looked at as well; after it, since an INSERT OR IGNORE
 * that is ignored must not take the parts away.
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
    // A key that is changed takes its parts along.
    trigger(
      'update',
      'key IN (OLD.key, NEW.key)',
      `${removeOthers('key IN (OLD.key, NEW.key)')} ` +
        `UPDATE ${name} SET key = NEW.key WHERE key = OLD.key AND OLD.key IS NOT NEW.key;`,
    ),
  ];
  changeSchema(connection, ...statements);
}

export function hasPartsTable(connection: Access, table: string): boolean {
  const statement = connection.query(
    "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
  );
  return connection.read(() => statement.get(partsTableOf(table))) !== undefined;
}
