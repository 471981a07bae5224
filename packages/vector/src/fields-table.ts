import {
  type Connection,
  changeSchema,
  type QueryParameter,
  quoteIdentifier,
} from '@kohakuvault/core-native/internal/database';
import { columnOf, decodeField, type FieldTypes, type StoredField } from './fields.ts';

/** Returns the name of the table that has the fields of a table's vectors. */
export function fieldsTableOf(table: string): string {
  return `${table}_fields`;
}

/**
 * Makes the table of fields, with an index for each of them. To be called inside a transaction.
 */
export function makeFieldsTable(connection: Connection, table: string, types: FieldTypes): void {
  const name = `main.${quoteIdentifier(fieldsTableOf(table))}`;
  const columns = Object.entries(types).map(([field, type]) => columnOf(field, type));
  changeSchema(connection, `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, ${columns.join(', ')})`);
  const taken = connection.query('SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE');
  for (const field of Object.keys(types)) {
    // A table that was renamed has kept the names of its indexes.
    let index = `${fieldsTableOf(table)}_${field}`;
    while (connection.read(() => taken.get(index)) !== undefined) index += '_';
    changeSchema(
      connection,
      `CREATE INDEX main.${quoteIdentifier(index)} ON ${quoteIdentifier(fieldsTableOf(table))} (${quoteIdentifier(field)})`,
    );
  }
}

/**
 * The fields of vectors: a row for each vector that has some. A row without a vector means nothing: Python deletes
 * vectors and does not know their fields, and an id is not used again.
 */
export class FieldsTable {
  readonly #connection: Connection;
  readonly #types: FieldTypes;
  readonly #names: readonly string[];
  readonly #name: string;
  readonly #vectors: string;

  constructor(connection: Connection, table: string, types: FieldTypes) {
    this.#connection = connection;
    this.#types = types;
    this.#names = Object.keys(types);
    this.#name = `main.${quoteIdentifier(fieldsTableOf(table))}`;
    this.#vectors = `main.${quoteIdentifier(`${table}_rowids`)}`;
  }

  /** Gives a new vector its fields. */
  insert(id: bigint, fields: ReadonlyMap<string, StoredField>): void {
    if (fields.size === 0) {
      // A row that was left behind by a program that does not know of fields.
      this.remove(id);
      return;
    }
    const columns = this.#names.map((name) => quoteIdentifier(name));
    const put = this.#connection.statement(
      `INSERT OR REPLACE INTO ${this.#name} (id, ${columns.join(', ')}) VALUES (?${', ?'.repeat(columns.length)})`,
    );
    this.#connection.write(() => put.run(id, ...this.#names.map((name) => fields.get(name) ?? null)));
  }

  /** Changes some fields of a vector. */
  change(id: bigint, fields: ReadonlyMap<string, StoredField>): void {
    if (fields.size === 0) return;
    const names = [...fields.keys()];
    const columns = names.map((name) => quoteIdentifier(name));
    const put = this.#connection.statement(
      `INSERT INTO ${this.#name} (id, ${columns.join(', ')}) VALUES (?${', ?'.repeat(columns.length)})
        ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    );
    this.#connection.write(() => put.run(id, ...fields.values()));
  }

  remove(id: bigint): void {
    const remove = this.#connection.statement(`DELETE FROM ${this.#name} WHERE id = ?`);
    this.#connection.write(() => remove.run(id));
  }

  clear(): void {
    const clear = this.#connection.statement(`DELETE FROM ${this.#name}`);
    this.#connection.write(() => clear.run());
  }

  /** Deletes rows without a vector. */
  compact(): void {
    const compact = this.#connection.statement(
      `DELETE FROM ${this.#name} WHERE id NOT IN (SELECT rowid FROM ${this.#vectors})`,
    );
    this.#connection.write(() => compact.run());
  }

  /** Returns the fields of a vector as a user reads them. */
  get(id: bigint): Record<string, unknown> {
    const columns = this.#names.map((name) => quoteIdentifier(name)).join(', ');
    const query = this.#connection.query<Record<string, StoredField>>(
      `SELECT ${columns} FROM ${this.#name} WHERE id = ?`,
      { bigints: true },
    );
    const row = this.#connection.read(() => query.get(id)) ?? {};
    const fields: Record<string, unknown> = {};
    for (const name of this.#names) {
      const stored = row[name];
      if (stored !== null && stored !== undefined) {
        fields[name] = decodeField(this.#types[name] as FieldTypes[string], stored);
      }
    }
    return fields;
  }

  /** Returns one field of a vector as SQL has it; undefined if it is missing. */
  one(id: bigint, field: string): QueryParameter | undefined {
    const query = this.#connection.query<QueryParameter | null>(
      `SELECT ${quoteIdentifier(field)} FROM ${this.#name} WHERE id = ?`,
      { pluck: true, bigints: true },
    );
    return this.#connection.read(() => query.get(id)) ?? undefined;
  }
}
