import { type Access, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';

/** Returns the name of the table that says when the entries of a vault's table expire. */
export function expiryTableOf(table: string): string {
  return `kohakuvault_expiry_${table}`;
}

/** Returns the same, quoted for SQL. */
export function timesOf(table: string): string {
  return `main.${quoteIdentifier(expiryTableOf(table))}`;
}

/** What the names of the triggers end with. */
const EVENTS = ['delete', 'insert', 'update', 'key'];

/**
 * Creates the table, and the triggers that drop what it says of a key when anybody writes or deletes that. INSERT OR
 * REPLACE fires no trigger for the row that it replaces, so there is a trigger for insertions as well. If only the key
 * of a row changes, its time goes with it.
 *
 * An entry that is written again and again gets a later time each time. Its place in the index is left where it is until
 * that is due, and so is its row when its time is dropped: a write changes one page of the table, and none of the index.
 */
export function makeExpiryTable(connection: Access, table: string): void {
  const name = expiryTableOf(table);
  changeSchema(
    connection,
    `CREATE TABLE IF NOT EXISTS ${timesOf(table)} (key BLOB PRIMARY KEY NOT NULL, ` +
      'expires_at INTEGER, due_at INTEGER NOT NULL, CHECK (due_at <= expires_at)) WITHOUT ROWID',
    `CREATE INDEX IF NOT EXISTS main.${quoteIdentifier(`${name}_due`)} ON ${quoteIdentifier(name)} (due_at)`,
    ...triggersOf(table).map((sql) => sql.replace('CREATE TRIGGER ', 'CREATE TRIGGER IF NOT EXISTS main.')),
  );
}

/** Returns the triggers as SQLite keeps their text. */
function triggersOf(table: string): string[] {
  const name = quoteIdentifier(expiryTableOf(table));
  const trigger = (event: string, what: string, body: string) =>
    `CREATE TRIGGER ${triggerName(table, event)} AFTER ${what} ON ${quoteIdentifier(table)} BEGIN ${body} END`;
  const drop = `UPDATE ${name} SET expires_at = NULL WHERE key = NEW.key`;
  return [
    trigger('delete', 'delete', `DELETE FROM ${name} WHERE key = OLD.key;`),
    trigger('insert', 'insert', `${drop};`),
    trigger('update', 'update OF value', `${drop} AND OLD.key IS NEW.key;`),
    trigger(
      'key',
      'update OF key',
      `DELETE FROM ${name} WHERE key = NEW.key AND OLD.key IS NOT NEW.key; ` +
        `UPDATE ${name} SET key = NEW.key WHERE key = OLD.key AND OLD.key IS NOT NEW.key;`,
    ),
  ];
}

function triggerName(table: string, event: string): string {
  return quoteIdentifier(`${expiryTableOf(table)}_${event}`);
}

/** Returns the statements that remove the table and its index. The triggers go with the table of the entries. */
export function dropExpiryTable(table: string): string {
  return `DROP TABLE IF EXISTS ${timesOf(table)}`;
}

/**
 * Gives the table another name, before or after the table of the entries gets it. The triggers and the index have its
 * name in theirs, so they are made again: call `makeExpiryTable` when both tables have their new names.
 */
export function renameExpiryTable(from: string, to: string): string[] {
  const [old, now] = [expiryTableOf(from), expiryTableOf(to)];
  return [
    ...EVENTS.map((event) => `DROP TRIGGER IF EXISTS main.${triggerName(from, event)}`),
    `DROP INDEX IF EXISTS main.${quoteIdentifier(`${old}_due`)}`,
    `ALTER TABLE main.${quoteIdentifier(old)} RENAME TO ${quoteIdentifier(now)}`,
  ];
}

export function hasExpiryTable(connection: Access, table: string): boolean {
  const find = connection.query("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE");
  return connection.read(() => find.get(expiryTableOf(table))) !== undefined;
}
