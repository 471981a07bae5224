import { describe, InvalidArgument, nativeCore } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  changeSchema,
  forgetEncoding,
  openTable,
  quoteIdentifier,
  renameEncoding,
} from '@kohakuvault/core-native/internal/database';
import { declarationOf, readDeclaration, type TextDeclaration } from './declaration.ts';
import type { AskedDeclaration } from './options.ts';

/** The ends of the names of the tables beside FTS5's. All but the first are FTS5's own. */
const PARTS = ['_values', '_data', '_idx', '_content', '_docsize', '_config'];

/** The tables of a vault, quoted for SQL. */
export interface TableNames {
  readonly table: string;
  readonly fts: string;
  readonly values: string;
  /** Where FTS5 keeps the texts. */
  readonly content: string;
}

export function tableNames(table: string): TableNames {
  const quoted = (suffix: string) => `main.${quoteIdentifier(table + suffix)}`;
  return { table, fts: quoted(''), values: quoted('_values'), content: quoted('_content') };
}

/** Checks the tables of a vault, or makes them if they are missing. Returns what they are declared as. */
export function openTextTable(connection: Connection, names: TableNames, asked: AskedDeclaration): TextDeclaration {
  let declared: TextDeclaration | undefined;
  openTable(connection, names.table, {
    find: () => definitionOf(connection, names.table),
    check: (found) => {
      declared = checkTable(connection, names, found, asked);
    },
    make: () => {
      const { columns, tokenizer = 'unicode61', prefixes = [] } = asked;
      declared = { columns, tokenizer, prefixes };
      changeSchema(
        connection,
        `CREATE VIRTUAL TABLE ${names.fts} USING ${declarationOf(declared)}`,
        `CREATE TABLE ${names.values} (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`,
      );
      forgetEncoding(connection, names.table);
    },
  });
  return declared as TextDeclaration;
}

/** Deletes the tables of a vault. */
export function dropTextTable(connection: Connection, names: TableNames): void {
  connection.transaction(() => {
    execute(connection, `DROP TABLE ${names.values}`, `DROP TABLE ${names.fts}`);
    forgetEncoding(connection, names.table);
  });
}

/** Deletes all documents. FTS5 takes them out of its index one by one, so its table is made again. */
export function emptyTextTable(connection: Connection, names: TableNames): void {
  connection.transaction(() => {
    const definition = definitionOf(connection, names.table) as string;
    execute(connection, `DELETE FROM ${names.values}`, `DROP TABLE ${names.fts}`, inMain(definition, names));
  });
}

/** Gives the tables of a vault other names. FTS5 renames its own. */
export function renameTextTable(connection: Connection, names: TableNames, to: string): void {
  const name = quoteIdentifier(to);
  connection.transaction(() => {
    const taken = ['', ...PARTS].map((part) => to + part).find((part) => definitionOf(connection, part) !== undefined);
    if (taken !== undefined) {
      throw new InvalidArgument(
        `there is a table ${quoteIdentifier(taken)} already; drop it first, or choose another name`,
      );
    }
    execute(
      connection,
      `ALTER TABLE ${names.fts} RENAME TO ${name}`,
      `ALTER TABLE ${names.values} RENAME TO ${quoteIdentifier(`${to}_values`)}`,
    );
    renameEncoding(connection, names.table, to);
  });
}

/** Runs statements that change FTS5's tables, inside a transaction. */
function execute(connection: Connection, ...statements: readonly string[]): void {
  const { binding } = nativeCore();
  for (const sql of statements) connection.write(() => binding.execute(connection.handle, sql), 'nested');
}

/** Returns a declaration that makes the table in the file, whatever schema it was written for. */
function inMain(definition: string, { fts }: TableNames): string {
  return definition.replace(/^[\s\S]*?\bUSING\s+fts5\b/i, () => `CREATE VIRTUAL TABLE ${fts} USING fts5`);
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

function checkTable(
  connection: Connection,
  names: TableNames,
  definition: string,
  asked: AskedDeclaration,
): TextDeclaration {
  const name = quoteIdentifier(names.table);
  const stored = readDeclaration(definition);
  if (!stored) {
    throw new InvalidArgument(
      `${name} is not a table of a TextVault, which is declared USING fts5(<columns>, value_ref UNINDEXED). Choose ` +
        'another table',
    );
  }
  for (const [what, given, found] of [
    ['columns', asked.columns, stored.columns],
    ['tokenizer', asked.tokenizer, stored.tokenizer],
    ['prefixes', asked.prefixes, stored.prefixes],
  ] as const) {
    if (given === undefined || String(given) === String(found)) continue;
    throw new InvalidArgument(
      `${what} is ${shown(given)}, but the table ${name} has ${shown(found)}. Pass ${shown(found)}, or choose ` +
        'another table',
    );
  }
  if (connection.read(() => definitionOf(connection, `${names.table}_values`)) === undefined) {
    throw new InvalidArgument(
      `${name} is not a table of a TextVault: the table ${names.values} does not exist. Choose another table`,
    );
  }
  return stored;
}

function shown(value: string | readonly unknown[]): string {
  return typeof value === 'string' ? describe(value) : `[${value.map(describe).join(', ')}]`;
}
