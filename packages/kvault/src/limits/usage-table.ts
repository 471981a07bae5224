import { type Access, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { hasPartsTable, partsTableOf } from '../values/parts-table.ts';

/** Returns the name of the table that says how long the entries of a vault's table are, and when they were used. */
export function usageTableOf(table: string): string {
  return `kohakuvault_usage_${table}`;
}

/** The key of the row with the sums: in `bytes` that of all entries, and in `used` their number. Keys are bytes. */
export const SUMS_KEY = 0;

/** Creates the table with a row for each entry, and the triggers that keep it, no matter who writes. */
export function makeUsageTable(connection: Access, table: string): void {
  const [name, entries] = [`main.${quoteIdentifier(usageTableOf(table))}`, `main.${quoteIdentifier(table)}`];
  const more = hasPartsTable(connection, table)
    ? ` + coalesce((SELECT sum(length(data)) FROM main.${quoteIdentifier(partsTableOf(table))} AS part
        WHERE part.key = entry.key), 0)`
    : '';
  changeSchema(
    connection,
    `CREATE TABLE ${name} (key BLOB PRIMARY KEY NOT NULL, bytes INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID`,
    `CREATE INDEX main.${quoteIdentifier(`${usageTableOf(table)}_used`)}
      ON ${quoteIdentifier(usageTableOf(table))} (used) WHERE key IS NOT ${SUMS_KEY}`,
    `INSERT INTO ${name} SELECT key, length(key) + length(value)${more}, row_number() OVER (ORDER BY rowid)
      FROM ${entries} AS entry WHERE typeof(key) = 'blob'`,
    `INSERT INTO ${name} SELECT ${SUMS_KEY}, coalesce(sum(bytes), 0), count(*) FROM ${name}`,
    ...triggersOf(table).map((sql) => sql.replace('CREATE TRIGGER ', 'CREATE TRIGGER main.')),
  );
}

export function hasUsageTable(connection: Access, table: string): boolean {
  const find = connection.query("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE");
  return connection.read(() => find.get(usageTableOf(table))) !== undefined;
}

/** Returns the statement that removes the table. The triggers go with the table of the entries. */
export function dropUsageTable(table: string): string {
  return `DROP TABLE IF EXISTS main.${quoteIdentifier(usageTableOf(table))}`;
}

/** Returns the statements that remove the triggers and the table, which is made again under another name. */
export function forgetUsage(table: string): string[] {
  const events = ['delete', 'insert', 'update'];
  return [
    ...events.map((event) => `DROP TRIGGER IF EXISTS main.${quoteIdentifier(`${usageTableOf(table)}_${event}`)}`),
    dropUsageTable(table),
  ];
}

/** Returns the triggers as SQLite keeps their text. */
function triggersOf(table: string): string[] {
  const name = quoteIdentifier(usageTableOf(table));
  const trigger = (event: string, columns: string, keys: string[], body: string) =>
    `CREATE TRIGGER ${quoteIdentifier(`${usageTableOf(table)}_${event}`)} AFTER ${event}${columns} ` +
    `ON ${quoteIdentifier(table)} WHEN ${keys.map((key) => `typeof(${key}) = 'blob'`).join(' AND ')} BEGIN ${body} END`;
  const remove = (key: string) =>
    `UPDATE ${name} SET bytes = bytes - coalesce((SELECT bytes FROM ${name} WHERE key = ${key}), 0), ` +
    `used = used - (SELECT count(*) FROM ${name} WHERE key = ${key}) WHERE key = ${SUMS_KEY}; ` +
    `DELETE FROM ${name} WHERE key = ${key};`;
  const bytes = 'length(NEW.key) + length(NEW.value)';
  const add =
    `INSERT INTO ${name} SELECT NEW.key, ${bytes}, ` +
    `1 + coalesce((SELECT max(used) FROM ${name} WHERE key IS NOT ${SUMS_KEY}), 0); ` +
    `UPDATE ${name} SET bytes = bytes + ${bytes}, used = used + 1 WHERE key = ${SUMS_KEY};`;
  return [
    trigger('delete', '', ['OLD.key'], remove('OLD.key')),
    trigger('insert', '', ['NEW.key'], `${remove('NEW.key')} ${add}`),
    trigger('update', ' OF key, value', ['OLD.key', 'NEW.key'], `${remove('OLD.key')} ${remove('NEW.key')} ${add}`),
  ];
}
