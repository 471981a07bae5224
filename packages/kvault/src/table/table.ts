import { InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  changeSchema,
  forgetEncoding,
  openTable,
  quoteIdentifier,
  renameEncoding,
} from '@kohakuvault/core-native/internal/database';
import { dropExpiryTable, hasExpiryTable, makeExpiryTable, renameExpiryTable } from '../expiry/expiry-table.ts';
import { dropUsageTable, forgetUsage } from '../limits/usage-table.ts';
import { dropPartsTriggers, hasPartsTable, makePartsTable, partsTableOf } from '../values/parts-table.ts';

/** Creates a vault's table or, if it exists, checks it. */
export function openEntryTable(connection: Connection, table: string): void {
  const name = quoteIdentifier(table);
  openTable(connection, table, {
    find: () => findTable(connection, table),
    check: (found) => {
      const problem = problemOf(found);
      if (problem) throw new InvalidArgument(`${name} is not a vault table: ${problem}. Choose another table`);
    },
    make: () => {
      changeSchema(
        connection,
        `CREATE TABLE main.${name} (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)`,
        // Parts, times and usage that exist belonged to an earlier table of this name.
        `DROP TABLE IF EXISTS main.${quoteIdentifier(partsTableOf(table))}`,
        dropExpiryTable(table),
        dropUsageTable(table),
      );
      forgetEncoding(connection, table);
    },
  });
}

/** Deletes a vault's table, with the parts of its values, and when they expire. */
export function dropEntryTable(connection: Connection, table: string): void {
  changeSchema(
    connection,
    `DROP TABLE main.${quoteIdentifier(table)}`,
    `DROP TABLE IF EXISTS main.${quoteIdentifier(partsTableOf(table))}`,
    dropExpiryTable(table),
    dropUsageTable(table),
  );
  forgetEncoding(connection, table);
}

/** Gives a vault's table another name, and the tables of parts and times with it. */
export function renameEntryTable(connection: Connection, from: string, to: string): void {
  const name = quoteIdentifier(to);
  if (connection.read(() => findTable(connection, to)) !== undefined) {
    throw new InvalidArgument(`there is a table ${name} already; drop it first, or choose another name`);
  }
  const rename = (old: string, now: string) =>
    `ALTER TABLE main.${quoteIdentifier(old)} RENAME TO ${quoteIdentifier(now)}`;
  const hasParts = hasPartsTable(connection, from);
  const hasTimes = hasExpiryTable(connection, from);
  if (hasParts) dropPartsTriggers(connection, from);
  changeSchema(
    connection,
    // Parts and times that exist belonged to an earlier table of this name.
    `DROP TABLE IF EXISTS main.${quoteIdentifier(partsTableOf(to))}`,
    dropExpiryTable(to),
    ...(hasTimes ? renameExpiryTable(from, to) : []),
    // A vault with limits makes it again.
    ...forgetUsage(from),
    dropUsageTable(to),
    rename(from, to),
    ...(hasParts ? [rename(partsTableOf(from), partsTableOf(to))] : []),
  );
  if (hasParts) makePartsTable(connection, to);
  if (hasTimes) makeExpiryTable(connection, to);
  renameEncoding(connection, from, to);
}

/** What SQLite says about a table that exists. */
interface FoundTable {
  type: string;
  columns: { name: string; notnull: number; dflt_value: unknown }[];
  isKeyUnique: boolean;
  hasRowids: boolean;
}

function findTable(connection: Connection, table: string): FoundTable | undefined {
  // SQLite compares names of tables without case.
  const entry = connection.query<{ type: string; rowless: number }>(
    `SELECT type, (SELECT wr FROM pragma_table_list(entry.name) WHERE schema = 'main') AS "rowless"
      FROM main.sqlite_schema AS entry
      WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')`,
  );
  const found = entry.get(table);
  if (found === undefined) return undefined;
  const columns = connection
    .query<FoundTable['columns'][number]>("SELECT * FROM pragma_table_info(?, 'main')")
    .all(table);
  // An index over the key alone, whether PRIMARY KEY, UNIQUE or CREATE UNIQUE INDEX made it.
  const unique = connection.query(
    `SELECT 1 FROM pragma_index_list(?, 'main') AS list
      WHERE list."unique" AND NOT list.partial
        AND (SELECT group_concat(name) FROM pragma_index_info(list.name, 'main')) = 'key'`,
  );
  return {
    type: found.type,
    columns,
    isKeyUnique: unique.get(table) !== undefined,
    hasRowids: found.rowless === 0,
  };
}

function problemOf({ type, columns, isKeyUnique, hasRowids }: FoundTable): string | undefined {
  if (type !== 'table') return `it is a ${type}`;
  const names = columns.map(({ name }) => name);
  if (!names.includes('key') || !names.includes('value')) {
    return `its columns are ${names.join(', ')}; a vault needs key and value`;
  }
  if (!hasRowids) return 'it is WITHOUT ROWID; a vault reads values in pieces by their rowid';
  if (!isKeyUnique) return 'its keys are not unique; a vault needs PRIMARY KEY or UNIQUE';
  const more = columns.find(
    ({ name, notnull, dflt_value }) => !/^(key|value)$/.test(name) && notnull && dflt_value === null,
  );
  return more && `its column ${more.name} is NOT NULL without a default; a vault writes only key and value`;
}
