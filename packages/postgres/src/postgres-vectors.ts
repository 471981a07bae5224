import {
  ALL_IDS,
  checkId,
  checkOptions,
  describe,
  type IdRange,
  InvalidArgument,
  type ResolvedIds,
  type RowId,
  resolveIds,
  rules,
} from '@kohakuvault/core-native/internal';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import {
  decodeField,
  encodeFields,
  type FieldsInput,
  type FieldsOutput,
  type FieldTypes,
  type SearchResult,
  type StoredField,
  type StoredVector,
  type VectorLike,
} from '@kohakuvault/vector/internal';
import type { Parameter, Session } from './client/session.ts';
import { newId } from './vectors/new-ids.ts';
import { type Found, type PostgresSearchOptions, planSearch, search } from './vectors/search.ts';
import type { VectorContext } from './vectors/vector-context.ts';
import { bytesOf, textOf } from './vectors/vector-text.ts';
import { fieldCast, fieldColumn, fieldParameter } from './vectors/where-sql.ts';

/** The fields of a vector, and its id. */
export type PostgresVectorExtras<F extends FieldTypes> = FieldsInput<F> & { readonly id?: RowId | undefined };

export interface HnswOptions {
  /** The connections of each vector. Default 16. */
  m?: number | undefined;
  /** The candidates while the index is made. Default 64. */
  efConstruction?: number | undefined;
}

interface NewRow {
  readonly id: bigint | undefined;
  readonly vector: string;
  readonly value: Buffer;
  readonly fields: ReadonlyMap<string, StoredField>;
}

const HNSW_RULES = { m: rules.wholeNumber(2, 100), efConstruction: rules.wholeNumber(4, 1_000) };
const ANYTHING = { expected: 'anything', accepts: () => true };
const PAGE = 256;

/** Vectors with values on a PostgreSQL server with pgvector, with the calls of a local `VectorKVault`. */
export class PostgresVectors<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  E extends ValueEncoding = ValueEncoding,
  F extends FieldTypes = FieldTypes,
> implements AsyncDisposable
{
  readonly #context: VectorContext;

  /** @internal */
  constructor(context: VectorContext) {
    this.#context = context;
  }

  /** Inserts a vector. Returns its id: the given one, or a new one. `InvalidArgument` if the id is taken. */
  async insert(vector: VectorLike, value: EncodedInput<V, E>, extras?: PostgresVectorExtras<F>): Promise<bigint> {
    const [id] = await this.#insert('insert', () => [this.#encode('insert', vector, value, extras)]);
    return id as bigint;
  }

  /** Inserts many vectors, or none if one is refused. Returns their ids. */
  async insertMany(
    rows: Iterable<readonly [VectorLike, EncodedInput<V, E>, PostgresVectorExtras<F>?]>,
  ): Promise<bigint[]> {
    if (typeof (rows as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany expects an iterable of [vector, value] pairs, got ${describe(rows)}`);
    }
    const given = Array.from(rows as Iterable<unknown>);
    return await this.#insert('insertMany', () =>
      given.map((row, index) => {
        if (!Array.isArray(row) || (row.length !== 2 && row.length !== 3)) {
          throw new InvalidArgument(`insertMany: row ${index} is ${describe(row)}; expected a [vector, value] pair`);
        }
        return this.#encode(`insertMany: row ${index}`, row[0], row[1], row[2]);
      }),
    );
  }

  /** Inserts a vector, or changes the vector, the value and all fields of the vector that has its id. Returns the id. */
  async upsert(
    vector: VectorLike,
    value: EncodedInput<V, E>,
    extras: PostgresVectorExtras<F> & { readonly id: RowId },
  ): Promise<bigint> {
    const row = await this.#written(() => this.#encode('upsert', vector, value, extras));
    if (row.id === undefined)
      throw new InvalidArgument('upsert expects an id, got none: upsert(vector, value, { id })');
    const { executor, sql } = this.#context;
    await executor.write((session) => session.query(sql.upsert, this.#parameters(row, row.id as bigint)));
    return row.id;
  }

  /** Returns the nearest vectors of a query, nearest first. Equally near vectors come newest first. */
  async search(
    query: VectorLike,
    options?: number | PostgresSearchOptions<F>,
  ): Promise<SearchResult<EncodedOutput<V, E>>[]> {
    const plan = planSearch('search', this.#context, query, options as PostgresSearchOptions);
    const context = await this.#ready();
    const found = await search(context, plan);
    return await this.#decoded(() => found.map((one) => this.#resultOf(one)));
  }

  /** Returns the value of the nearest vector. Undefined if there is none. */
  async get(query: VectorLike): Promise<EncodedOutput<V, E> | undefined> {
    return (await this.search(query, 1))[0]?.value;
  }

  /** Returns a stored vector and its value. Under cosine, floats have the length 1. */
  async getById(id: RowId): Promise<{ vector: StoredVector; value: EncodedOutput<V, E> } | undefined> {
    const row = await this.#row('getById', id);
    if (!row) return undefined;
    const [vector, value] = row as [string, Buffer];
    return await this.#decoded(() => ({ vector: this.#vectorOf(vector), value: this.#decode(value, String(id)) }));
  }

  /** Returns the fields of a vector. Missing ones are left out. Undefined if there is no such vector. */
  async fields(id: RowId): Promise<FieldsOutput<F> | undefined> {
    const row = await this.#row('fields', id);
    if (!row) return undefined;
    const entries = Object.entries(this.#context.fields).flatMap(([name, type], nth) => {
      const cell = row[nth + 2];
      if (cell === null || cell === undefined) return [];
      const stored = type === 'i64' || type === 'bool' ? BigInt(cell as string) : (cell as number | string);
      return [[name, decodeField(type, stored)]];
    });
    return Object.fromEntries(entries) as FieldsOutput<F>;
  }

  async has(id: RowId): Promise<boolean> {
    const checked = checkId('has', id);
    const { executor, sql } = await this.#ready();
    const { rows } = await executor.read((session) => session.query(sql.has, [String(checked)]));
    return rows.length > 0;
  }

  /** Changes a vector, its value, its fields, or several of them. Returns false if the id does not exist. */
  async update(
    id: RowId,
    changes: {
      vector?: VectorLike | undefined;
      value?: EncodedInput<V, E> | undefined;
      fields?: FieldsInput<F> | undefined;
    },
  ): Promise<boolean> {
    checkOptions('update', changes, { vector: ANYTHING, value: ANYTHING, fields: ANYTHING });
    const { vector, value, fields } = changes ?? {};
    if (vector === undefined && value === undefined && fields === undefined) {
      throw new InvalidArgument('update expects { vector }, { value }, { fields } or several of them, got none');
    }
    const checked = checkId('update', id);
    await this.#ready();
    const encoded = await this.#written(() => ({
      vector: vector === undefined ? undefined : this.#vectorText('update', vector),
      value: value === undefined ? undefined : Buffer.from(this.#context.codec.encode(value, 'update')),
      fields: this.#encodeFields('update', fields),
    }));
    const parameters: Parameter[] = [String(checked)];
    const changed: string[] = [];
    const set = (column: string, cast: string, parameter: Parameter) => {
      parameters.push(parameter);
      changed.push(`${column} = $${parameters.length}${cast}`);
    };
    const { executor, sql, fields: types } = this.#context;
    if (encoded.vector !== undefined) set('vector', `::${sql.type}`, encoded.vector);
    if (encoded.value !== undefined) set('value', '', encoded.value);
    for (const [name, stored] of encoded.fields) {
      set(fieldColumn(name), fieldCast(types[name] as 'i64'), fieldParameter(stored));
    }
    if (changed.length === 0) return await this.has(id);
    const text = `UPDATE ${sql.table} SET ${changed.join(', ')} WHERE id = $1::int8`;
    const { count } = await executor.write((session) => session.query(text, parameters));
    return count > 0;
  }

  /** Deletes a vector and its value. Returns false if the id does not exist. */
  async delete(id: RowId): Promise<boolean> {
    return (await this.#deleteAll([checkId('delete', id)])) > 0;
  }

  /** Deletes many vectors and their values. Returns how many of the ids existed. */
  async deleteMany(ids: Iterable<RowId>): Promise<number> {
    if (typeof (ids as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function' || typeof ids === 'string') {
      throw new InvalidArgument(`deleteMany expects an iterable of ids, got ${describe(ids)}`);
    }
    return await this.#deleteAll(Array.from(ids, (id) => checkId('deleteMany', id)));
  }

  /** Deletes all vectors and values. */
  async clear(): Promise<void> {
    const { executor, sql } = await this.#ready();
    await executor.write((session) => session.query(sql.clear));
  }

  /** Returns the number of vectors. */
  async size(): Promise<number> {
    const { executor, sql } = await this.#ready();
    const { rows } = await executor.read((session) => session.query(sql.size));
    return rows[0]?.[0] as number;
  }

  /** Makes an index for approximate searches, or makes it again: pgvector's HNSW. */
  async createIndex(options?: HnswOptions): Promise<void> {
    checkOptions('createIndex', options, HNSW_RULES);
    const { m = 16, efConstruction = 64 } = options ?? {};
    if (efConstruction < 2 * m) {
      throw new InvalidArgument(`createIndex: efConstruction is ${efConstruction}; expected at least 2 * m, ${2 * m}`);
    }
    const { executor, sql } = await this.#ready();
    const text = sql.createIndex(m, efConstruction);
    await executor.atomically(async (session) => {
      await this.#dropIndex(session);
      await session.query(text);
    });
  }

  /** Removes the index. Searches work as without it. Returns whether there was one. */
  async dropIndex(): Promise<boolean> {
    const { executor } = await this.#ready();
    return await executor.atomically((session) => this.#dropIndex(session));
  }

  /** Iterates over the ids in a range, by default all of them in ascending order. */
  async *keys(range?: IdRange): AsyncGenerator<bigint, void, undefined> {
    for await (const [id] of this.#pages('keys', range)) yield id;
  }

  /** Iterates over the values of the vectors whose ids are in a range, in the order of the ids. */
  async *values(range?: IdRange): AsyncGenerator<EncodedOutput<V, E>, void, undefined> {
    for await (const [id, , stored] of this.#pages('values', range)) {
      yield await this.#decoded(() => this.#decode(stored, id));
    }
  }

  /** Iterates over the vectors in a range of ids with their values, page by page. */
  async *entries(
    range?: IdRange,
  ): AsyncGenerator<[id: bigint, vector: StoredVector, value: EncodedOutput<V, E>], void, undefined> {
    for await (const [id, vector, stored] of this.#pages('entries', range)) {
      yield [id, this.#vectorOf(vector), await this.#decoded(() => this.#decode(stored, id))];
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<
    [id: bigint, vector: StoredVector, value: EncodedOutput<V, E>],
    void,
    undefined
  > {
    return this.entries();
  }

  get valueEncoding(): string {
    return this.#context.codec.encoding;
  }

  get table(): string {
    return this.#context.table;
  }

  get open(): boolean {
    return this.#context.open;
  }

  /** Deletes the table with all vectors and values, and closes the vault. */
  async dropTable(): Promise<void> {
    const { catalog, executor, table, sql } = await this.#ready();
    await catalog.remove(executor, table, async (session) => {
      await session.query(`DROP TABLE ${sql.table}`);
      await session.query(`DELETE FROM ${catalog.structuresTable} WHERE vault = $1`, [table]);
    });
    await this.close();
  }

  async close(): Promise<void> {
    this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ready(): Promise<VectorContext> {
    await this.#context.ready();
    return this.#context;
  }

  async #insert(owner: string, encode: () => NewRow[]): Promise<bigint[]> {
    await this.#ready();
    const rows = await this.#written(encode);
    if (rows.length === 0) return [];
    const { executor } = this.#context;
    const insert = async (session: Session) => {
      const ids: bigint[] = [];
      for (const row of rows) ids.push(await this.#insertRow(session, owner, row));
      return ids;
    };
    return await (rows.length === 1 ? executor.write(insert) : executor.atomically(insert));
  }

  async #insertRow(session: Session, owner: string, row: NewRow): Promise<bigint> {
    for (;;) {
      const id = row.id ?? newId();
      const { count } = await session.query(this.#context.sql.insert, this.#parameters(row, id));
      if (count > 0) return id;
      if (row.id !== undefined) {
        throw new InvalidArgument(`${owner}: there is a vector with the id ${id} already; use upsert, or another id`);
      }
    }
  }

  #parameters({ vector, value, fields }: NewRow, id: bigint): Parameter[] {
    const cells = Object.keys(this.#context.fields).map((name) => fieldParameter(fields.get(name) ?? null));
    return [String(id), vector, value, ...cells];
  }

  async #deleteAll(ids: readonly bigint[]): Promise<number> {
    const { executor, sql } = await this.#ready();
    const { count } = await executor.write((session) => session.query(sql.deleteMany, [`{${ids.join()}}`]));
    return count;
  }

  async #dropIndex(session: Session): Promise<boolean> {
    const { catalog, sql } = this.#context;
    const { rows } = await session.query(
      'SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relname = $1 AND nspname = $2',
      [sql.indexName, catalog.schema],
    );
    await session.query(`DROP INDEX IF EXISTS ${catalog.qualified(sql.indexName)}`);
    return rows.length > 0;
  }

  async #row(owner: string, id: RowId): Promise<readonly unknown[] | undefined> {
    const checked = checkId(owner, id);
    const { executor, sql } = await this.#ready();
    const { rows } = await executor.read((session) => session.query(sql.get, [String(checked)]));
    return rows[0];
  }

  async *#pages(
    owner: string,
    range: IdRange | undefined,
  ): AsyncGenerator<[id: bigint, vector: string, stored: Buffer], void, undefined> {
    let rest: ResolvedIds = range === undefined ? ALL_IDS : resolveIds(owner, range);
    const { executor, sql } = await this.#ready();
    while (rest.limit > 0 && rest.first <= rest.last) {
      const limit = Math.min(PAGE, rest.limit);
      const parameters = [String(rest.first), String(rest.last), limit];
      const text = rest.reverse ? sql.pageBackwards : sql.page;
      const { rows } = await executor.read((session) => session.query(text, parameters));
      for (const [id, vector, stored] of rows) yield [BigInt(id as string), vector as string, stored as Buffer];
      const last = rows.at(-1)?.[0];
      if (last === undefined || rows.length < limit) return;
      const id = BigInt(last as string);
      rest = { ...rest, limit: rest.limit - rows.length, ...(rest.reverse ? { last: id - 1n } : { first: id + 1n }) };
    }
  }

  #encode(owner: string, vector: unknown, value: unknown, extras: unknown): NewRow {
    if (extras !== undefined && (typeof extras !== 'object' || extras === null || Array.isArray(extras))) {
      throw new InvalidArgument(`${owner}: the fields are ${describe(extras)}; expected an object`);
    }
    const { id, ...fields } = (extras ?? {}) as { id?: RowId };
    return {
      id: id === undefined ? undefined : checkId(owner, id),
      vector: this.#vectorText(owner, vector),
      value: Buffer.from(this.#context.codec.encode(value, owner)),
      fields: this.#encodeFields(owner, fields),
    };
  }

  #encodeFields(owner: string, fields: unknown): Map<string, StoredField> {
    if (fields !== undefined && (typeof fields !== 'object' || fields === null || Array.isArray(fields))) {
      throw new InvalidArgument(`${owner}: fields is ${describe(fields)}; expected an object`);
    }
    return encodeFields(owner, this.#context.fields, (fields ?? {}) as object);
  }

  #vectorText(owner: string, vector: unknown): string {
    return textOf(this.#context.options.shape, this.#context.format.encode(owner, vector));
  }

  #vectorOf(text: string): StoredVector {
    const { format, options } = this.#context;
    return format.decode(bytesOf(options.shape, format, text));
  }

  #resultOf({ id, distance, stored }: Found): SearchResult<EncodedOutput<V, E>> {
    return { id, distance, value: this.#decode(stored, id) };
  }

  #decode(stored: Buffer, id: bigint | string): EncodedOutput<V, E> {
    return this.#context.codec.decode(stored, id) as EncodedOutput<V, E>;
  }

  #decoded<T>(decode: () => T): Promise<T> {
    return this.#context.structures.decode(this.#context.executor, decode);
  }

  /** Encodes values now, and again if that has shown structures that they can share. */
  async #written<T>(encode: () => T): Promise<T> {
    const encoded = encode();
    const { structures, executor } = await this.#ready();
    if (!structures.wants) return encoded;
    await structures.share(executor);
    return encode();
  }
}
