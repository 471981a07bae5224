import { describe, InvalidArgument, nativeCore } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  changeSchema,
  forgetEncoding,
  openTable,
  quoteIdentifier,
  renameEncoding,
} from '@kohakuvault/core-native/internal/database';
import { declarationOf, ownIndexOf, shapeOf } from './declaration.ts';
import { loadVec0 } from './extension.ts';
import { fieldsTableOf } from './fields-table.ts';
import type { VectorShape } from './options.ts';
import type { ResidentVectors } from './resident-vectors.ts';
import { forgetSettings, readSettings, renameSettings, startSettings, type TableSettings } from './settings.ts';
import { idsTableOf } from './vault-ids.ts';

/** The ends of the names of the tables beside vec0's: of the values, of vec0's own, and of the index. */
const PARTS = [
  ...['_values', '_info', '_chunks', '_rowids', '_vector_chunks00', '_metadatachunks00'],
  ...['_index', '_index_lists', '_index_parts', '_index_ids'],
];

/** Returns what makes the tables that vec0 makes for itself, as its version 0.1.9 does. */
function shadowTablesOf(table: string): string[] {
  const part = (suffix: string) => quoteIdentifier(`${table}_${suffix}`);
  return [
    `CREATE TABLE main.${part('info')} (key text primary key, value any)`,
    `INSERT INTO main.${part('info')} VALUES ('CREATE_VERSION', 'v0.1.9'), ('CREATE_VERSION_MAJOR', 0),
      ('CREATE_VERSION_MINOR', 1), ('CREATE_VERSION_PATCH', 9)`,
    `CREATE TABLE main.${part('chunks')} (chunk_id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL,
      validity BLOB NOT NULL, rowids BLOB NOT NULL)`,
    `CREATE TABLE main.${part('rowids')} (rowid INTEGER PRIMARY KEY AUTOINCREMENT, id, chunk_id INTEGER,
      chunk_offset INTEGER)`,
    `CREATE TABLE main.${part('vector_chunks00')} (rowid PRIMARY KEY, vectors BLOB NOT NULL)`,
    `CREATE TABLE main.${part('metadatachunks00')} (rowid PRIMARY KEY, data BLOB NOT NULL)`,
  ];
}

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
      const { isStandIn } = loadVec0(connection);
      changeSchema(
        connection,
        `CREATE VIRTUAL TABLE ${names.vec0} USING ${declarationOf(shape)}`,
        ...(isStandIn ? shadowTablesOf(names.table) : []),
        `CREATE TABLE ${names.values} (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`,
      );
      forgetEncoding(connection, names.table);
      startSettings(connection, names.table, shape.metric);
    },
  });
}

/** Returns the tables that a table's fields and text ids have, if it has some. */
function sideTables(table: string, { fields, ids }: TableSettings): string[] {
  return [...(fields ? [fieldsTableOf(table)] : []), ...(ids ? [idsTableOf(table)] : [])];
}

/** Deletes the tables of a vault. */
export function dropVectorTable(connection: Connection, names: TableNames, resident: ResidentVectors): void {
  const { isStandIn } = loadVec0(connection);
  const { binding } = nativeCore();
  connection.transaction(() => {
    const sides = sideTables(names.table, readSettings(connection, names.table));
    connection.write(() => {
      for (const side of sides) {
        binding.execute(connection.handle, `DROP TABLE IF EXISTS main.${quoteIdentifier(side)}`);
      }
      // Emptied first: if vec0's own DROP TABLE fails, it has freed half of the table in the connection. A row that is
      // referred to by others, and a full disk, thus fail before that.
      resident.clear();
      resident.index.drop();
      binding.execute(connection.handle, `DROP TABLE ${names.values}`);
      binding.execute(connection.handle, `DROP TABLE ${names.vec0}`);
      // Those of values are gone.
      for (const part of isStandIn ? PARTS : []) {
        binding.execute(connection.handle, `DROP TABLE IF EXISTS main.${quoteIdentifier(names.table + part)}`);
      }
    }, 'nested');
    forgetEncoding(connection, names.table);
    forgetSettings(connection, names.table);
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
  loadVec0(connection);
  const { binding } = nativeCore();
  connection.transaction(() => {
    const settings = readSettings(connection, names.table);
    const taken = [...['', ...PARTS].map((part) => to + part), ...sideTables(to, settings)].find(
      (part) => definitionOf(connection, part) !== undefined,
    );
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
      const [from, into] = [sideTables(names.table, settings), sideTables(to, settings)];
      from.forEach((side, nth) => {
        const target = quoteIdentifier(into[nth] as string);
        binding.execute(connection.handle, `ALTER TABLE main.${quoteIdentifier(side)} RENAME TO ${target}`);
      });
      resident.forget();
      resident.index.forget();
    }, 'nested');
    renameEncoding(connection, names.table, to);
    renameSettings(connection, names.table, to);
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
  const index = ownIndexOf(definition);
  if (index !== undefined) {
    throw new InvalidArgument(
      `${name} is not a table of a VectorKVault: it has an index of sqlite-vec (${index}), which our writes would leave ` +
        'behind. Choose another table',
    );
  }
  if (!stored) {
    throw new InvalidArgument(
      `${name} is not a table of a VectorKVault, which is declared USING vec0(value_ref INTEGER, vector ` +
        '<type>[<dimensions>]). Choose another table',
    );
  }
  const metric = readSettings(connection, names.table).metric ?? stored.metric;
  for (const [what, given, found] of [
    ['dimensions', shape.dimensions, stored.dimensions],
    ['vectorType', shape.vectorType, stored.vectorType],
    ['metric', shape.metric, metric],
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
