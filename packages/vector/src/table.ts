import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, changeSchema, openTable, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { declarationOf, shapeOf } from './declaration.ts';
import { loadSqliteVec } from './extension.ts';
import type { VectorShape } from './options.ts';

/** The tables of a vault, quoted for SQL. */
export interface TableNames {
  readonly table: string;
  readonly values: string;
  readonly vec0: string;
  readonly rowids: string;
}

export function tableNames(table: string): TableNames {
  return {
    table,
    vec0: `main.${quoteIdentifier(table)}`,
    values: `main.${quoteIdentifier(`${table}_values`)}`,
    rowids: `main.${quoteIdentifier(`${table}_rowids`)}`,
  };
}

/** Checks the tables of a vault, or makes them if they are missing. */
export function openVectorTable(connection: Connection, names: TableNames, shape: VectorShape): void {
  openTable(connection, names.table, {
    find: () => definitionOf(connection, names.table),
    check: (found) => checkTable(connection, names, found, shape),
    make: () => {
      loadSqliteVec(connection);
      changeSchema(
        connection,
        `CREATE VIRTUAL TABLE ${names.vec0} USING ${declarationOf(shape)}`,
        `CREATE TABLE ${names.values} (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`,
      );
    },
  });
}

function definitionOf(connection: Connection, table: string): string | undefined {
  const found = connection
    .query("SELECT sql FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')", {
      pluck: true,
    })
    .get(table);
  return found === undefined ? undefined : String(found);
}

function checkTable(connection: Connection, names: TableNames, definition: string, shape: VectorShape): void {
  const name = quoteIdentifier(names.table);
  const stored = shapeOf(definition);
  if (!stored) {
    throw new InvalidArgument(
      `${name} is not a table of a VectorKVault, which is declared USING vec0(value_ref INTEGER, vector ` +
        '<type>[<dimensions>]). Choose another table',
    );
  }
  for (const [what, given, found] of [
    ['dimensions', shape.dimensions, stored.dimensions],
    ['vectorType', shape.vectorType, stored.vectorType],
    ['metric', shape.metric, stored.metric],
  ] as const) {
    if (given === found) continue;
    throw new InvalidArgument(
      `${what} is ${describe(given)}, but the table ${name} has ${describe(found)}. Pass ${describe(found)}, or ` +
        'choose another table',
    );
  }
  if (connection.read(() => definitionOf(connection, `${names.table}_values`)) === undefined) {
    throw new InvalidArgument(
      `${name} is not a table of a VectorKVault: the table ${names.values} does not exist. Choose another table`,
    );
  }
}
