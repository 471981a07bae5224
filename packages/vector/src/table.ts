import { describe, InvalidArgument, nativeCore } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  changeSchema,
  forgetEncoding,
  openTable,
  quoteIdentifier,
  renameEncoding,
} from '@kohakuvault/core-native/internal/database';
import { declarationOf, shapeOf } from './declaration.ts';
import { loadSqliteVec } from './extension.ts';
import type { VectorShape } from './options.ts';
import type { ResidentVectors } from './resident-vectors.ts';

/** The ends of the names of the tables beside vec0's: of the values, of vec0's own, and of the index. */
const PARTS = [
  ...['_values', '_info', '_chunks', '_rowids', '_vector_chunks00', '_metadatachunks00'],
  ...['_index', '_index_lists', '_index_parts', '_index_ids'],
];

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
      forgetEncoding(connection, names.table);
    },
  });
}

/** Deletes the tables of a vault. */
export function dropVectorTable(connection: Connection, names: TableNames, resident: ResidentVectors): void {
  loadSqliteVec(connection);
  const { binding } = nativeCore();
  connection.transaction(() => {
    connection.write(() => {
      // Emptied first: if vec0's own DROP TABLE fails, it has freed half of the table in the connection. A row that is
      // referred to by others, and a full disk, thus fail before that.
      resident.clear();
      resident.index.drop();
      binding.execute(connection.handle, `DROP TABLE ${names.values}`);
      binding.execute(connection.handle, `DROP TABLE ${names.vec0}`);
    }, 'nested');
    forgetEncoding(connection, names.table);
  });
}

/** Gives the tables of a vault other names. vec0 renames none of its own tables, so we do. */
export function renameVectorTable(
  connection: Connection,
  names: TableNames,
  to: string,
  resident: ResidentVectors,
): void {
  const name = quoteIdentifier(to);
  loadSqliteVec(connection);
  const { binding } = nativeCore();
  connection.transaction(() => {
    const taken = ['', ...PARTS].map((part) => to + part).find((part) => definitionOf(connection, part) !== undefined);
    if (taken !== undefined) {
      throw new InvalidArgument(
        `there is a table ${quoteIdentifier(taken)} already; drop it first, or choose another name`,
      );
    }
    const own = PARTS.filter((part) => definitionOf(connection, names.table + part) !== undefined);
    connection.write(() => {
      binding.execute(connection.handle, `ALTER TABLE ${names.vec0} RENAME TO ${name}`);
      for (const part of own) {
        resident.alter(
          `ALTER TABLE main.${quoteIdentifier(names.table + part)} RENAME TO ${quoteIdentifier(to + part)}`,
        );
      }
      resident.forget();
      resident.index.forget();
    }, 'nested');
    renameEncoding(connection, names.table, to);
  });
}

/** Returns how a table is declared; undefined without such a table. */
export function definitionOf(connection: Connection, table: string): string | undefined {
  const query = connection.query(
    "SELECT sql FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
    { pluck: true },
  );
  const found = connection.read(() => query.get(table));
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
