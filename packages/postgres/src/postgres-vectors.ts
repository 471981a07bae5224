import { checkOptions, describe, type IdRange, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type {
  AsyncVectors,
  ExtrasArgument,
  FieldsOutput,
  FieldTypes,
  IdInput,
  IdKind,
  IdOf,
  NewVector,
  StoredVector,
  VectorChanges,
  VectorExtras,
  VectorInfo,
  VectorLike,
} from '@kohakuvault/vector/internal';
import { CopiedVectors } from './vectors/copied-vectors.ts';
import { createIndex, dropIndex, type HnswOptions } from './vectors/hnsw-index.ts';
import { SearchMethods } from './vectors/search-methods.ts';
import type { VectorContext } from './vectors/vector-context.ts';
import type { VectorId } from './vectors/vector-ids.ts';
import { fieldsOf, vectorPages } from './vectors/vector-pages.ts';
import { numbersOf } from './vectors/vector-range.ts';
import type { ReadColumns } from './vectors/vector-sql.ts';
import { bytesOf } from './vectors/vector-text.ts';
import { type NewRow, VectorWrites } from './vectors/vector-writes.ts';

/** The method for those who copy a table. */
export const storedVectors = Symbol('kohakuvault.stored vectors');

const ANYTHING = { expected: 'anything', accepts: () => true };

/** Vectors with values on a PostgreSQL server with pgvector. See `AsyncVectors` for what its calls do. */
export class PostgresVectors<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    E extends ValueEncoding = ValueEncoding,
    F extends FieldTypes = FieldTypes,
    K extends IdKind = 'i64',
  >
  extends SearchMethods<V, E, F, K>
  implements AsyncVectors<V, E, F, K>
{
  readonly #writes: VectorWrites;

  /** @internal */
  constructor(context: VectorContext) {
    super(context);
    this.#writes = new VectorWrites(context);
  }

  async insert(vector: VectorLike, value: EncodedInput<V, E>, ...extras: ExtrasArgument<F, K>): Promise<IdOf<K>> {
    const [id] = await this.#insert('insert', () => [this.rows.encode('insert', vector, value, extras[0])]);
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
        return this.rows.encode(`insertMany: row ${index}`, row[0], row[1], row[2]);
      }),
    );
    return ids as IdOf<K>[];
  }

  async upsert(
    vector: VectorLike,
    value: EncodedInput<V, E>,
    extras: VectorExtras<F, K> & { readonly id: IdInput<K> },
  ): Promise<IdOf<K>> {
    if (!this.context.isReady) await this.#ready();
    const row = await this.rows.written(() => this.rows.encode('upsert', vector, value, extras));
    if (row.id === undefined) {
      throw new InvalidArgument('upsert expects an id, got none: upsert(vector, value, { id })');
    }
    return (await this.#writes.upsert(row)) as IdOf<K>;
  }

  async getById(id: IdInput<K>): Promise<{ vector: StoredVector; value: EncodedOutput<V, E> } | undefined> {
    const row = await this.#row('getById', id);
    if (!row) return undefined;
    const [vector, value] = row as [string, Buffer];
    return await this.rows.decoded(() => ({
      vector: this.#vectorOf(vector),
      value: this.rows.decodeValue(value, String(id)) as EncodedOutput<V, E>,
    }));
  }

  async fields(id: IdInput<K>): Promise<FieldsOutput<F> | undefined> {
    const row = await this.#row('fields', id);
    if (!row) return undefined;
    return fieldsOf(this.context, row, 2) as FieldsOutput<F>;
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
    if (!this.context.isReady) await this.#ready();
    const checked = this.context.ids.check('update', id);
    const encoded = await this.rows.written(() => ({
      vector: vector === undefined ? undefined : this.rows.encodeVector('update', vector),
      value: value === undefined ? undefined : this.rows.encodeValue('update', value),
      fields: this.rows.encodeFields('update', value === undefined ? {} : { value }, fields),
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
    const { table, options, fields, ids } = this.context;
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
    await createIndex(this.context, options);
  }

  async dropIndex(): Promise<boolean> {
    await this.#ready();
    return await dropIndex(this.context);
  }

  async *keys(range?: IdRange<IdInput<K>>): AsyncGenerator<IdOf<K>, void, undefined> {
    for await (const page of this.#pages('keys', 'ids', range)) {
      for (const { id } of page) yield id as IdOf<K>;
    }
  }

  async *values(range?: IdRange<IdInput<K>>): AsyncGenerator<EncodedOutput<V, E>, void, undefined> {
    for await (const page of this.#pages('values', 'values', range)) {
      for (const { value, id } of page) yield this.rows.value(value, id) as EncodedOutput<V, E>;
    }
  }

  async *entries(
    range?: IdRange<IdInput<K>>,
  ): AsyncGenerator<[id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>], void, undefined> {
    for await (const page of this.#pages('entries', 'vectors', range)) {
      for (const { id, vector, value } of page) {
        const decoded = (await this.rows.value(value, id)) as EncodedOutput<V, E>;
        yield [id as IdOf<K>, this.rows.decodeVector(vector), decoded];
      }
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
    return this.context.codec.encoding;
  }

  get table(): string {
    return this.context.table;
  }

  get open(): boolean {
    return this.context.open;
  }

  /** @internal Reads and writes vectors as they are stored, for those who copy them. */
  get [storedVectors](): CopiedVectors {
    return new CopiedVectors(this.context, this.rows, this.#writes);
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
    await this.context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ready(): Promise<VectorContext> {
    await this.context.ready();
    return this.context;
  }

  async #insert(owner: string, encode: () => NewRow[]): Promise<VectorId[]> {
    // The fields and ids of a table that is open are known, so what was given is read at once.
    if (!this.context.isReady) await this.#ready();
    return await this.#writes.insert(owner, await this.rows.written(encode));
  }

  async #row(owner: string, id: unknown): Promise<readonly unknown[] | undefined> {
    const { executor, sql, ids } = await this.#ready();
    const checked = ids.check(owner, id);
    const { rows } = await executor.read((session) => session.query(sql.get, [ids.parameter(checked)]));
    return rows[0];
  }

  async *#pages(owner: string, columns: ReadColumns, range: IdRange<IdInput<K>> | undefined) {
    const context = await this.#ready();
    yield* vectorPages(context, await numbersOf(owner, context, range as IdRange<unknown>), columns);
  }

  #vectorOf(text: string): StoredVector {
    const { format, options } = this.context;
    return this.rows.decodeVector(bytesOf(options.shape, format, text));
  }
}
