import { type Access, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { idInSql } from './manifest.ts';

/** Returns the name of the table that holds the parts of a vault table's long values. */
export function partsTableOf(table: string): string {
  return `kohakuvault_parts_${table}`;
}

/** The key of the rows that mark parts. Keys of vaults are bytes, so no value has it. */
export const MARK_KEY = 0;

/**
 * Creates the table of parts, and the triggers that delete parts with their value, no matter who deletes or overwrites
 * it. The id of the value just written tells which parts are its own, so parts and row may be written in either order.
 * INSERT OR REPLACE fires no trigger for the row it replaces, so there is a trigger for insertions as well. It runs
 * after the insertion, because an INSERT OR IGNORE that is ignored must not delete the parts. Marked parts belong to no
 * value yet, or no more, and stay.
 */
export function makePartsTable(connection: Access, table: string): void {
  const triggers = triggersOf(table);
  const found = connection.query<string>(
    "SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE",
    { pluck: true },
  );
  const present = new Set(connection.read(() => found.all(table)));
  const changed = triggers.filter(({ sql }) => !present.has(sql));
  const name = quoteIdentifier(partsTableOf(table));
  changeSchema(
    connection,
    `CREATE TABLE IF NOT EXISTS main.${name} ` +
      '(key BLOB NOT NULL, id BLOB NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, id, part))',
    // Triggers of an earlier version did not know of marks.
    ...changed.flatMap(({ name, sql }) => [
      `DROP TRIGGER IF EXISTS main.${name}`,
      sql.replace('CREATE TRIGGER ', 'CREATE TRIGGER main.'),
    ]),
  );
}

/** Returns the triggers as SQLite keeps their text. */
function triggersOf(table: string): { name: string; sql: string }[] {
  const parts = partsTableOf(table);
  const [name, values] = [quoteIdentifier(parts), quoteIdentifier(table)];
  const unmarked = `id NOT IN (SELECT id FROM ${name} WHERE key = ${MARK_KEY})`;
  const trigger = (event: string, when: string, body: string) => {
    const own = quoteIdentifier(`${parts}_${event}`);
    const sql =
      `CREATE TRIGGER ${own} AFTER ${event} ON ${values} ` +
      `WHEN EXISTS (SELECT 1 FROM ${name} WHERE ${when}) BEGIN ${body} END`;
    return { name: own, sql };
  };
  const removeOthers = (when: string) =>
    `DELETE FROM ${name} WHERE ${when} AND id IS NOT ${idInSql('NEW.value')} AND ${unmarked};`;
  return [
    trigger('delete', 'key = OLD.key', `DELETE FROM ${name} WHERE key = OLD.key AND ${unmarked};`),
    trigger('insert', 'key = NEW.key', removeOthers('key = NEW.key')),
    // Parts follow when their key changes.
    trigger(
      'update',
      'key IN (OLD.key, NEW.key)',
      `${removeOthers('key IN (OLD.key, NEW.key)')} ` +
        `UPDATE ${name} SET key = NEW.key WHERE key = OLD.key AND OLD.key IS NOT NEW.key AND ${unmarked};`,
    ),
  ];
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
