import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, changeSchema, openTable, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { partsTableOf } from '../values/parts-table.ts';

/** Checks the table of a vault, or makes it if it is missing. */
export function openEntryTable(connection: Connection, table: string): void {
  const name = quoteIdentifier(table);
  openTable(connection, table, {
    find: () => shapeOf(connection, table),
    check: (found) => {
      const wrong = whatIsWrong(found);
      if (wrong) throw new InvalidArgument(`${name} is not a vault table: ${wrong}. Choose another table`);
    },
    make: () =>
      changeSchema(
        connection,
        `CREATE TABLE main.${name} (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)`,
        // Parts that are there belonged to an earlier table of this name.
        `DROP TABLE IF EXISTS main.${quoteIdentifier(partsTableOf(table))}`,
      ),
  });
}

interface Shape {
  type: string;
  columns: { name: string; notnull: number; dflt_value: unknown }[];
  isKeyUnique: boolean;
  hasRowids: boolean;
}

function shapeOf(connection: Connection, table: string): Shape | undefined {
  // SQLite takes names of tables for the same in upper and lower case.
  const entry = connection.query<{ type: string; rowless: number }>(
    `SELECT type, (SELECT wr FROM pragma_table_list(entry.name) WHERE schema = 'main') AS "rowless" FROM main.sqlite_schema AS entry
      WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')`,
  );
  const found = entry.get(table);
  if (found === undefined) return undefined;
  const columns = connection.query<Shape['columns'][number]>("SELECT * FROM pragma_table_info(?, 'main')").all(table);
  // An index over the key and nothing else, whether it came from PRIMARY KEY, UNIQUE or CREATE UNIQUE INDEX.
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

function whatIsWrong({ type, columns, isKeyUnique, hasRowids }: Shape): string | undefined {
  if (type !== 'table') return `it is a ${type}`;
  const names = columns.map(({ name }) => name);
  if (!names.includes('key') || !names.includes('value')) {
    return `it has the columns ${names.join(', ')}, and a vault needs key and value`;
  }
  if (!hasRowids) return 'it is WITHOUT ROWID, and values are read in pieces by their rowid';
  if (!isKeyUnique) return 'its keys are not unique (PRIMARY KEY)';
  const more = columns.find(
    ({ name, notnull, dflt_value }) => !/^(key|value)$/.test(name) && notnull && dflt_value === null,
  );
  return more && `its column ${more.name} must be given, and a vault does not know it`;
}
