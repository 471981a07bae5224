import {
  ALL_IDS,
  checkOptions,
  describe,
  type IdRange,
  InvalidArgument,
  type ResolvedIds,
  resolveIds,
  rules,
} from '@kohakuvault/core-native/internal';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import {
  type AsyncVectors,
  decodeField,
  type ExtrasArgument,
  encodeFields,
  type FieldsOutput,
  type FieldTypes,
  type IdInput,
  type IdKind,
  type IdOf,
  type NewVector,
  type SearchResult,
  type StoredField,
  type StoredVector,
  type VectorChanges,
  type VectorExtras,
  type VectorInfo,
  type VectorLike,
} from '@kohakuvault/vector/internal';
import type { Session } from './client/session.ts';
import { type Found, search } from './vectors/search.ts';
import { type PostgresSearchOptions, planSearch, queryOf } from './vectors/search-plan.ts';
import type { VectorContext } from './vectors/vector-context.ts';
import type { VectorId } from './vectors/vector-ids.ts';
import { bytesOf, textOf } from './vectors/vector-text.ts';
import { type NewRow, type StoredVectorRow, VectorWrites } from './vectors/vector-writes.ts';

/** The method for those who copy a table. */
export const storedVectors = Symbol('kohakuvault.stored vectors');

export interface HnswOptions {
  /** The connections of each vector. Default 16. */
  m?: number | undefined;
  /** The candidates while the index is made. Default 64. */
  efConstruction?: number | undefined;
}

const HNSW_RULES = { m: rules.wholeNumber(2, 100), efConstruction: rules.wholeNumber(4, 1_000) };
const ANYTHING = { expected: 'anything', accepts: () => true };
const PAGE = 256;

type Row = readonly [number: bigint, id: VectorId, vector: string, stored: Buffer];

/** Vectors with values on a PostgreSQL server with pgvector. See `AsyncVectors` for what its calls do. */
export class PostgresVectors<
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  V = any,
  E extends ValueEncoding = ValueEncoding,
  F extends FieldTypes = FieldTypes,
  K extends IdKind = 'i64',
> implements AsyncVectors<V, E, F, K>
{
  readonly #context: VectorContext;
  readonly #writes: VectorWrites;

  /** @internal */
  constructor(context: VectorContext) {
    this.#context = context;
    this.#writes = new VectorWrites(context);
  }

  async insert(vector: VectorLike, value: EncodedInput<V, E>, ...extras: ExtrasArgument<F, K>): Promise<IdOf<K>> {
    const [id] = await this.#insert('insert', () => [this.#encode('insert', vector, value, extras[0])]);
    return id as IdOf<K>;
  }

  async insertMany(rows: Iterable<NewVector<EncodedInput<V, E>, F, K>>): Promise<IdOf<K>[]> {
    if (typeof (rows as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany expects an iterable of [vector, value] pairs, got ${describe(rows)}`);
    }
    const given = Array.from(rows as Iterable<unknown>);
    const ids = await this.#insert('insertMany', () =>
      given.map((row, index) => {
        if (!Array.isArray(row) || (row.length !== 2 && row.length !== 3)) {
          throw new InvalidArgument(`insertMany: row ${index} is ${describe(row)}; expected a [vector, value] pair`);
        }
        return this.#encode(`insertMany: row ${index}`, row[0], row[1], row[2]);
      }),
    );
    return ids as IdOf<K>[];
  }

  async upsert(
    vector: VectorLike,
    value: EncodedInput<V, E>,
    extras: VectorExtras<F, K> & { readonly id: IdInput<K> },
  ): Promise<IdOf<K>> {
    if (!this.#context.isReady) await this.#ready();
    const row = await this.#written(() => this.#encode('upsert', vector, value, extras));
    if (row.id === undefined) {
      throw new InvalidArgument('upsert expects an id, got none: upsert(vector, value, { id })');
    }
    return (await this.#writes.upsert(row)) as IdOf<K>;
  }

  async search(
    query: VectorLike,
    options?: number | PostgresSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[]> {
    const [found] = await this.#search('search', [query], options, () => 'search');
    return found as SearchResult<EncodedOutput<V, E>, IdOf<K>>[];
  }

  async searchMany(
    queries: Iterable<VectorLike>,
    options?: number | PostgresSearchOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[][]> {
    if (typeof (queries as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`searchMany expects an iterable of vectors, got ${describe(queries)}`);
    }
    return await this.#search('searchMany', Array.from(queries), options, (nth) => `searchMany: query ${nth}`);
  }

  async get(query: VectorLike): Promise<EncodedOutput<V, E> | undefined> {
    return (await this.search(query, 1))[0]?.value;
  }

  async getById(id: IdInput<K>): Promise<{ vector: StoredVector; value: EncodedOutput<V, E> } | undefined> {
    const row = await this.#row('getById', id);
    if (!row) return undefined;
    const [vector, value] = row as [string, Buffer];
    return await this.#decoded(() => ({ vector: this.#vectorOf(vector), value: this.#decode(value, String(id)) }));
  }

  async fields(id: IdInput<K>): Promise<FieldsOutput<F> | undefined> {
    const row = await this.#row('fields', id);
    if (!row) return undefined;
    return this.#fieldsOf(row.slice(2)) as FieldsOutput<F>;
  }

  async has(id: IdInput<K>): Promise<boolean> {
    const { executor, sql, ids } = await this.#ready();
    const checked = ids.check('has', id);
    const { rows } = await executor.read((session) => session.query(sql.has, [ids.parameter(checked)]));
    return rows.length > 0;
  }

  async update(id: IdInput<K>, changes: VectorChanges<EncodedInput<V, E>, F>): Promise<boolean> {
    checkOptions('update', changes, { vector: ANYTHING, value: ANYTHING, fields: ANYTHING });
    const { vector, value, fields } = changes ?? {};
    if (vector === undefined && value === undefined && fields === undefined) {
      throw new InvalidArgument('update expects { vector }, { value }, { fields } or several of them, got none');
    }
    if (!this.#context.isReady) await this.#ready();
    const checked = this.#context.ids.check('update', id);
    const encoded = await this.#written(() => ({
      vector: vector === undefined ? undefined : this.#vectorText('update', vector),
      value: value === undefined ? undefined : Buffer.from(this.#context.codec.encode(value, 'update')),
      fields: this.#encodeFields('update', value === undefined ? {} : { value }, fields),
    }));
    return await this.#writes.update(checked, encoded);
  }

  async delete(id: IdInput<K>): Promise<boolean> {
    const { ids } = await this.#ready();
    return (await this.#writes.delete([ids.check('delete', id)])) > 0;
  }

  async deleteMany(given: Iterable<IdInput<K>>): Promise<number> {
    if (
      typeof (given as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function' ||
      typeof given === 'string'
    ) {
      throw new InvalidArgument(`deleteMany expects an iterable of ids, got ${describe(given)}`);
    }
    const all = Array.from(given as Iterable<unknown>);
    const { ids } = await this.#ready();
    return await this.#writes.delete(all.map((id) => ids.check('deleteMany', id)));
  }

  async clear(): Promise<void> {
    const { executor, sql } = await this.#ready();
    await executor.write((session) => session.query(sql.clear));
  }

  async size(): Promise<number> {
    const { executor, sql } = await this.#ready();
    const { rows } = await executor.read((session) => session.query(sql.size));
    return rows[0]?.[0] as number;
  }

  async info(): Promise<Omit<VectorInfo, 'index'>> {
    const count = await this.size();
    const { table, options, fields, ids } = this.#context;
    const { dimensions, metric, vectorType } = options.shape;
    return {
      table,
      dimensions,
      metric,
      vectorType,
      count,
      ...(Object.keys(fields).length > 0 && { fields: { ...fields } }),
      ...(ids.kind === 'str' && { ids: ids.kind }),
    };
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

  async dropIndex(): Promise<boolean> {
    const { executor } = await this.#ready();
    return await executor.atomically((session) => this.#dropIndex(session));
  }

  async *keys(range?: IdRange<IdInput<K>>): AsyncGenerator<IdOf<K>, void, undefined> {
    for await (const [, id] of this.#pages('keys', range)) yield id as IdOf<K>;
  }

  async *values(range?: IdRange<IdInput<K>>): AsyncGenerator<EncodedOutput<V, E>, void, undefined> {
    for await (const [, id, , stored] of this.#pages('values', range)) {
      yield await this.#decoded(() => this.#decode(stored, id));
    }
  }

  async *entries(
    range?: IdRange<IdInput<K>>,
  ): AsyncGenerator<[id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>], void, undefined> {
    for await (const [, id, vector, stored] of this.#pages('entries', range)) {
      yield [id as IdOf<K>, this.#vectorOf(vector), await this.#decoded(() => this.#decode(stored, id))];
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<
    [id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>],
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

  /** @internal Reads and writes vectors as they are stored, for those who copy them. */
  get [storedVectors]() {
    return {
      rows: () => this.#storedRows(),
      rowsOf: async (given: readonly VectorId[]): Promise<StoredVectorRow[]> => {
        const { executor, sql, ids } = await this.#ready();
        const { rows } = await executor.read((session) => session.query(sql.storedOf, [ids.list(given)]));
        return rows.map((row) => this.#storedRow(row));
      },
      put: async (rows: readonly StoredVectorRow[]) => {
        await this.#ready();
        const encoded = rows.map(({ id, vector, value, fields }) =>
          this.#encode('copy', vector, value, { ...fields, id }),
        );
        await this.#writes.putAll(encoded);
      },
    };
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
    await this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ready(): Promise<VectorContext> {
    await this.#context.ready();
    return this.#context;
  }

  async #insert(owner: string, encode: () => NewRow[]): Promise<VectorId[]> {
    // The fields and ids of a table that is open are known, so what was given is read at once.
    if (!this.#context.isReady) await this.#ready();
    return await this.#writes.insert(owner, await this.#written(encode));
  }

  async #search(
    owner: string,
    queries: readonly unknown[],
    options: unknown,
    ownerOf: (nth: number) => string,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[][]> {
    const context = this.#context.isReady ? this.#context : await this.#ready();
    const plan = planSearch(owner, context, options);
    const encoded = queries.map((query, nth) => queryOf(ownerOf(nth), context, query, plan.metric));
    await this.#ready();
    return await this.#decoded(async () => {
      const found = await search(context, plan, encoded, (stored, id) => this.#decode(stored, id));
      return found.map((results) => results.map((one) => this.#resultOf(one)));
    });
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

  async #row(owner: string, id: unknown): Promise<readonly unknown[] | undefined> {
    const { executor, sql, ids } = await this.#ready();
    const checked = ids.check(owner, id);
    const { rows } = await executor.read((session) => session.query(sql.get, [ids.parameter(checked)]));
    return rows[0];
  }

  async *#storedRows(): AsyncGenerator<StoredVectorRow, void, undefined> {
    const { executor, sql } = await this.#ready();
    for (let after = String(-(2n ** 63n)); ; ) {
      const { rows } = await executor.read((session) => session.query(sql.storedPage, [after, PAGE]));
      for (const row of rows) yield this.#storedRow(row);
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.[0] as string;
    }
  }

  #storedRow([, id, vector, value, ...cells]: readonly unknown[]): StoredVectorRow {
    const { ids } = this.#context;
    return {
      id: ids.read(id),
      vector: this.#vectorOf(vector as string),
      value: value as Buffer,
      fields: this.#fieldsOf(cells),
    };
  }

  async *#pages(owner: string, range: IdRange<IdInput<K>> | undefined): AsyncGenerator<Row, void, undefined> {
    const { executor, sql, ids } = await this.#ready();
    let rest = range === undefined ? ALL_IDS : await this.#resolve(owner, range);
    while (rest.limit > 0 && rest.first <= rest.last) {
      const limit = Math.min(PAGE, rest.limit);
      const parameters = [String(rest.first), String(rest.last), limit];
      const text = rest.reverse ? sql.pageBackwards : sql.page;
      const { rows } = await executor.read((session) => session.query(text, parameters));
      for (const [number, id, vector, stored] of rows) {
        yield [BigInt(number as string), ids.read(id), vector as string, stored as Buffer];
      }
      const last = rows.at(-1)?.[0];
      if (last === undefined || rows.length < limit) return;
      const number = BigInt(last as string);
      const left = rest.limit - rows.length;
      rest = { ...rest, limit: left, ...(rest.reverse ? { last: number - 1n } : { first: number + 1n }) };
    }
  }

  /** Resolves a range. Ids of text have numbers on the server. */
  async #resolve(owner: string, range: IdRange<IdInput<K>>): Promise<ResolvedIds> {
    const { executor, sql, ids } = this.#context;
    const numbers = new Map<unknown, bigint>();
    if (ids.kind === 'str') {
      for (const id of [range.gt, range.gte, range.lt, range.lte]) {
        if (id === undefined) continue;
        const checked = ids.check(owner, id);
        const { rows } = await executor.read((session) => session.query(sql.number, [ids.parameter(checked)]));
        if (rows[0]) numbers.set(id, BigInt(rows[0][0] as string));
      }
    }
    return resolveIds(owner, range, (id) => {
      const checked = ids.check(owner, id);
      const number = typeof checked === 'bigint' ? checked : numbers.get(id);
      if (number !== undefined) return number;
      throw new InvalidArgument(`${owner}: there is no vector with the id ${describe(id)}`);
    });
  }

  #fieldsOf(cells: readonly unknown[]): Record<string, unknown> {
    const entries = Object.entries(this.#context.fields).flatMap(([name, type], nth) => {
      const cell = cells[nth];
      if (cell === null || cell === undefined) return [];
      const stored = type === 'i64' || type === 'bool' ? BigInt(cell as string) : (cell as number | string);
      return [[name, decodeField(type, stored)]];
    });
    return Object.fromEntries(entries);
  }

  #encode(owner: string, vector: unknown, value: unknown, extras: unknown): NewRow {
    if (extras !== undefined && (typeof extras !== 'object' || extras === null || Array.isArray(extras))) {
      throw new InvalidArgument(
        `${owner}: the third argument is ${describe(extras)}; expected an object of fields and id`,
      );
    }
    const { id, ...fields } = (extras ?? {}) as { id?: unknown };
    const { ids, codec } = this.#context;
    return {
      // Ids of text are never made up.
      id: id === undefined && ids.kind === 'i64' ? undefined : ids.check(owner, id),
      vector: this.#vectorText(owner, vector),
      value: Buffer.from(codec.encode(value, owner)),
      fields: this.#encodeFields(owner, { value }, fields),
    };
  }

  /** Checks fields. Those that are not given are computed from the value, if there is a value. */
  #encodeFields(owner: string, change: { value?: unknown }, given: unknown): Map<string, StoredField> {
    if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
      throw new InvalidArgument(`${owner}: fields is ${describe(given)}; expected an object`);
    }
    const { fields: types, options } = this.#context;
    const computed = 'value' in change && options.fieldsOf ? options.fieldsOf(change.value as never) : {};
    if (typeof computed !== 'object' || computed === null) {
      throw new InvalidArgument(`${owner}: fieldsOf returned ${describe(computed)}; expected an object`);
    }
    const fields = encodeFields(`${owner}: fieldsOf`, types, computed);
    for (const [name, value] of encodeFields(owner, types, (given ?? {}) as object)) fields.set(name, value);
    return fields;
  }

  #vectorText(owner: string, vector: unknown): string {
    return textOf(this.#context.options.shape, this.#context.format.encode(owner, vector as VectorLike));
  }

  #vectorOf(text: string): StoredVector {
    const { format, options } = this.#context;
    return format.decode(bytesOf(options.shape, format, text));
  }

  #resultOf({ id, distance, stored }: Found): SearchResult<EncodedOutput<V, E>, IdOf<K>> {
    return { id: id as IdOf<K>, distance, value: this.#decode(stored, id) };
  }

  #decode(stored: Buffer, id: VectorId): EncodedOutput<V, E> {
    return this.#context.codec.decode(stored, id) as EncodedOutput<V, E>;
  }

  #decoded<T>(decode: () => T | Promise<T>): Promise<T> {
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
