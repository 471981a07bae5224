import {
  type AsyncColumnOptions,
  type AsyncColumns,
  type AsyncNewColumnOptions,
  ElementCodec,
  recordDType,
  storedDType,
} from '@kohakuvault/columns/internal';
import { checkOptions, describe, InvalidArgument, NotFound, rules } from '@kohakuvault/core-native/internal';
import { type DocumentDType, type DType, type Int64, parseDType } from '@kohakuvault/packer';
import { ColumnFrames } from './column-frames.ts';
import { ColumnRows } from './columns/column-rows.ts';
import { recordCodec } from './columns/record-codec.ts';
import { PostgresColumn } from './postgres-column.ts';

export interface PostgresColumnOptions<I extends Int64 = Int64> extends AsyncColumnOptions<I> {}

export interface NewPostgresColumnOptions<I extends Int64 = Int64> extends AsyncNewColumnOptions<I> {}

const RULES = {
  int64: rules.oneOf('bigint', 'number'),
  schema: { expected: 'a JSON Schema (an object)', accepts: (value: unknown) => typeof value === 'object' },
};
const NEW_RULES = { ...RULES, records: rules.boolean };

/** A column, as a list of them shows it. */
export interface PostgresColumnEntry {
  readonly name: string;
  readonly dtype: string;
  readonly length: number;
  /** Whether it is a column of records. Other columns do not have the property. */
  readonly records?: true;
}

/** Typed sequences on a PostgreSQL server, each under a name. See `AsyncColumns` for what its calls do. */
export class PostgresColumns extends ColumnFrames implements AsyncColumns {
  /** Creates an empty column. Rejects with `InvalidArgument` if the name is taken. */
  createColumn<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewPostgresColumnOptions<I>,
  ): Promise<PostgresColumn<D, I, T>>;
  createColumn<T>(
    name: string,
    dtype: DocumentDType,
    options?: NewPostgresColumnOptions,
  ): Promise<PostgresColumn<DocumentDType, 'bigint', T>>;
  async createColumn<D extends DType, I extends Int64, T>(
    name: string,
    dtype: D,
    options?: NewPostgresColumnOptions<I>,
  ): Promise<PostgresColumn<D, I, T>> {
    const stored = this.#newDType('createColumn', name, dtype, options);
    const column = this.#column<D, I, T>(name, stored, options);
    if (await this.#insert(name, stored)) return column;
    throw new InvalidArgument(
      `there is a column ${JSON.stringify(name)} already; choose another name, or use ensure()`,
    );
  }

  /** Returns the column of this name, and creates it if it is missing. `InvalidArgument` if it has another dtype. */
  ensure<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewPostgresColumnOptions<I>,
  ): Promise<PostgresColumn<D, I, T>>;
  ensure<T>(
    name: string,
    dtype: DocumentDType,
    options?: NewPostgresColumnOptions,
  ): Promise<PostgresColumn<DocumentDType, 'bigint', T>>;
  async ensure<D extends DType, I extends Int64, T>(
    name: string,
    dtype: D,
    options?: NewPostgresColumnOptions<I>,
  ): Promise<PostgresColumn<D, I, T>> {
    const stored = this.#newDType('ensure', name, dtype, options);
    const column = this.#column<D, I, T>(name, stored, options);
    const found = await this.#dtypeOf(name);
    if (found === undefined && (await this.#insert(name, stored))) return column;
    const { records, ...others } = options ?? {};
    const isOfRecords = storedDType(found ?? '').records !== undefined;
    if (found !== undefined && records !== undefined && records !== isOfRecords) {
      throw new InvalidArgument(
        `column ${JSON.stringify(name)} was created ${isOfRecords ? 'with' : 'without'} records; ` +
          `leave out records: ${records}, or choose another name`,
      );
    }
    return await this.column<D, I, T>(name, dtype, others as PostgresColumnOptions<I>);
  }

  /** Returns the column of this name. `NotFound` if there is none, and `InvalidArgument` if it has another dtype. */
  column<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype?: D,
    options?: PostgresColumnOptions<I>,
  ): Promise<PostgresColumn<D, I, T>>;
  column<T>(
    name: string,
    dtype: DocumentDType,
    options?: PostgresColumnOptions,
  ): Promise<PostgresColumn<DocumentDType, 'bigint', T>>;
  async column<D extends DType, I extends Int64, T>(
    name: string,
    dtype?: D,
    options?: PostgresColumnOptions<I>,
  ): Promise<PostgresColumn<D, I, T>> {
    checkName(name);
    checkOptions('column', options, RULES);
    const wanted = dtype === undefined ? undefined : parseDType(dtype).dtype;
    const stored = await this.#dtypeOf(name);
    if (stored === undefined) {
      throw new NotFound(`there is no column ${JSON.stringify(name)}; createColumn() or ensure() creates it`);
    }
    const found = storedDType(stored).dtype;
    if (wanted !== undefined && wanted !== found) {
      throw new InvalidArgument(`column ${JSON.stringify(name)} has the dtype ${found}; expected ${wanted}`);
    }
    return this.#column<D, I, T>(name, stored, options);
  }

  /** Returns whether there is a column of this name. */
  async has(name: string): Promise<boolean> {
    checkName(name);
    return (await this.#dtypeOf(name)) !== undefined;
  }

  /** Returns all columns, in the order of creation. */
  async listColumns(): Promise<PostgresColumnEntry[]> {
    const { executor, sql } = await this.ready();
    const { rows } = await executor.read((session) => session.query(sql.list));
    return rows.map(([name, stored, length]) => {
      const { dtype, records } = storedDType(stored as string);
      return { name, dtype, length, ...(records && { records: true }) } as PostgresColumnEntry;
    });
  }

  /** Deletes a column. Returns whether there was such a column. */
  async deleteColumn(name: string): Promise<boolean> {
    checkName(name);
    const { executor, sql } = await this.ready();
    return await executor.atomically(async (session) => {
      const { count } = await session.query(`DELETE FROM ${sql.columns} WHERE name = $1`, [name]);
      await session.query(`DELETE FROM ${sql.chunks} WHERE name = $1`, [name]);
      return count > 0;
    });
  }

  /** Renames a column. `NotFound` if there is no column `from`, and `InvalidArgument` if the name `to` is taken. */
  async renameColumn(from: string, to: string): Promise<void> {
    checkName(from);
    checkName(to);
    const { executor, sql } = await this.ready();
    await executor.atomically(async (session) => {
      const { rows } = await session.query(sql.lock, [from]);
      if (rows.length === 0) {
        throw new NotFound(`there is no column ${JSON.stringify(from)}; createColumn() or ensure() creates it`);
      }
      const { rows: taken } = await session.query(sql.find, [to]);
      if (taken.length > 0) {
        throw new InvalidArgument(`there is a column ${JSON.stringify(to)} already; choose another name`);
      }
      for (const table of [sql.columns, sql.chunks]) {
        await session.query(`UPDATE ${table} SET name = $2 WHERE name = $1`, [from, to]);
      }
    });
  }

  /** Deletes all columns with their tables, and closes the vault. */
  async dropTables(): Promise<void> {
    const { catalog, executor, sql, table } = await this.ready();
    await catalog.remove(executor, table, async (session) => {
      await session.query(`DROP TABLE ${sql.columns}, ${sql.chunks}`);
    });
    await this.close();
  }

  get table(): string {
    return this.context.table;
  }

  get open(): boolean {
    return this.context.open;
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Returns the dtype of a new column, as it is stored. */
  #newDType(owner: string, name: string, dtype: DType, options: NewPostgresColumnOptions | undefined): string {
    checkName(name);
    checkOptions(owner, options, NEW_RULES);
    return options?.records ? recordDType(name, dtype) : parseDType(dtype).dtype;
  }

  #column<D extends DType, I extends Int64, T>(
    name: string,
    stored: string,
    options: PostgresColumnOptions<I> | undefined,
  ): PostgresColumn<D, I, T> {
    const { dtype, records: library } = storedDType(stored);
    const { int64, schema } = options ?? {};
    const records = library && recordCodec(library);
    const codec = new ElementCodec<D, I, T>(name, dtype as D, { int64, schema, records });
    const { info } = codec;
    const rows = new ColumnRows(this.context.sql, name, stored, info.isVarsize ? 0 : info.elemSize);
    return new PostgresColumn<D, I, T>(this.context, name, codec, rows);
  }

  async #insert(name: string, dtype: string): Promise<boolean> {
    const { executor, sql } = await this.ready();
    const { count } = await executor.write((session) => session.query(sql.insert, [name, dtype]));
    return count > 0;
  }

  async #dtypeOf(name: string): Promise<string | undefined> {
    const { executor, sql } = await this.ready();
    const { rows } = await executor.read((session) => session.query(sql.find, [name]));
    return rows[0]?.[0] as string | undefined;
  }
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || name.includes('\0') || !name.isWellFormed()) {
    throw new InvalidArgument(
      `the column name is ${describe(name)}; expected a non-empty string without NUL and without half a surrogate pair`,
    );
  }
}
