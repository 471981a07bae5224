import type { OptimizeOptions, OptimizeResult } from '@kohakuvault/core-native/database';
import {
  CorruptData,
  checkOptions,
  describe,
  InvalidArgument,
  type OptionRule,
} from '@kohakuvault/core-native/internal';
import {
  type Connection,
  checkOptimizeOptions,
  type DatabaseSource,
  openVault,
  quoteIdentifier,
  readsStored,
  refuseSwitch,
  TableUsers,
  Vault,
} from '@kohakuvault/core-native/internal/database';
import type { CodecOptions, EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import type { FieldsOutput, FieldTypes } from './fields.ts';
import { type IdRange, type ResolvedIds, resolveIds } from './id-range.ts';
import { idsWhere } from './ids-where.ts';
import { checkWatch, type IndexAsyncOptions, type IndexOptions, type OptimizeAsyncOptions } from './index-options.ts';
import type { Metric } from './metrics.ts';
import { optionsOf, type VectorKVaultOptions, type VectorShape } from './options.ts';
import { rowsByPage } from './pages.ts';
import { ResidentVectors } from './resident-vectors.ts';
import { search, searchManyOffLoop, searchOffLoop } from './search.ts';
import { planSearch, type SearchAsyncOptions, type SearchOptions, type SearchPlan } from './search-options.ts';
import type { Running } from './search-queue.ts';
import { agreeOnSettings } from './settings.ts';
import { SideTables } from './side-tables.ts';
import { StoredRows } from './stored-rows.ts';
import { writesStored } from './stored-vectors.ts';
import { dropVectorTable, openVectorTable, renameVectorTable, type TableNames, tableNames } from './table.ts';
import type { IdInput, IdKind, IdOf } from './vault-ids.ts';
import { VaultIndex } from './vault-index.ts';
import type { ExtrasArgument, NewVector, VectorChanges, VectorExtras, VectorInfo } from './vault-types.ts';
import { type StoredVector, type VectorFormat, type VectorLike, vectorFormat } from './vector-format.ts';
import { VectorValues } from './vector-values.ts';
import type { SearchResult, SearchSource } from './walk.ts';
import type { Where } from './where.ts';
import { type NewRow, Writer } from './writer.ts';

const ANYTHING: OptionRule = { expected: 'anything', accepts: () => true };

/**
 * Stores vectors with values in a table of an SQLite file, and finds the nearest vectors of a query. `V` is the type of
 * the values, anything by default. `E` is its `valueEncoding`, as in a KVault. `F` has the types of its fields, and `K`
 * is the kind of its ids; both follow from the options.
 */
export class VectorKVault<
  // biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
  V = any,
  E extends ValueEncoding = ValueEncoding,
  F extends FieldTypes = FieldTypes,
  K extends IdKind = 'i64',
> extends Vault {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #shape: VectorShape;
  readonly #format: VectorFormat;
  readonly #values: VectorValues;
  readonly #rows: StoredRows;
  readonly #resident: ResidentVectors;
  readonly #source: SearchSource<EncodedOutput<V, E>>;
  readonly #sides: SideTables;
  readonly #index: VaultIndex;
  readonly #running = new Set<Running>();
  readonly #users: TableUsers;
  readonly #options: object;
  #writer: Writer | undefined;

  constructor(source: DatabaseSource, options: VectorKVaultOptions<E, V, F, K>) {
    const { own, connection: given } = optionsOf(options);
    const names = tableNames(own.table);
    const format = formatOf(own.shape, options);
    const { connection, values, rows, resident, users, sides } = openVault(source, given, (connection) => {
      openVectorTable(connection, names, own.shape);
      const settings = agreeOnSettings(connection, own.table, { ...own, metric: own.shape.metric });
      return {
        connection,
        values: valuesOf(connection, names, own, options),
        rows: new StoredRows(connection, names, format.bytes),
        resident: ResidentVectors.of(connection, own.table, own.shape),
        users: TableUsers.join(connection, own.table),
        sides: new SideTables(connection, own.table, settings, own.fieldsOf),
      };
    });
    super(connection);
    this.#connection = connection;
    this.#names = names;
    this.#shape = own.shape;
    this.#format = format;
    this.#values = values;
    this.#rows = rows;
    this.#resident = resident;
    this.#users = users;
    this.#sides = sides;
    this.#options = { ...options };
    this.#connection.onClose(() => {
      for (const work of this.#running) work.cancel();
    });
    this.#source = {
      connection: this.#connection,
      resident: this.#resident,
      residentBytes: own.residentBytes,
      format: this.#format,
      table: own.table,
      sides: this.#sides,
      vector: (row) => {
        const stored = this.#rows.get(row);
        return stored && this.#format.decode(stored.vector);
      },
      value: ({ id, valueId }) => this.#values.get(valueId, id) as { value: EncodedOutput<V, E> } | undefined,
      running: (work) => {
        this.#running.add(work);
        return () => this.#running.delete(work);
      },
    };
    this.#index = new VaultIndex(this.#connection, resident.index, own.shape.metric, this.#source.running);
  }

  /** Inserts a vector. Returns its id: the given one, or a new one, which is never used again. */
  insert(vector: VectorLike, value: EncodedInput<V, E>, ...extras: ExtrasArgument<F, K>): IdOf<K> {
    const row = this.#encode('insert', vector, value, extras[0]);
    return this.#idOf(this.#writes().insert('insert', [row])[0] as bigint);
  }

  /** Inserts many vectors in one transaction, or none if one is refused. Returns their ids. */
  insertMany(rows: Iterable<NewVector<EncodedInput<V, E>, F, K>>): IdOf<K>[] {
    if (typeof (rows as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany expects an iterable of [vector, value] pairs, got ${describe(rows)}`);
    }
    const encoded = Array.from(rows as Iterable<unknown>, (row, index) => {
      if (!Array.isArray(row) || (row.length !== 2 && row.length !== 3)) {
        throw new InvalidArgument(`insertMany: row ${index} is ${describe(row)}; expected a [vector, value] pair`);
      }
      const { value, ...others } = this.#encode(`insertMany: row ${index}`, row[0], row[1], row[2]);
      // Copied, because the caller or the iterator may change the bytes before they are written.
      return { ...others, value: Buffer.from(value) };
    });
    return this.#writes()
      .insert('insertMany', encoded)
      .map((row) => this.#idOf(row));
  }

  /** Inserts a vector, or changes the vector, the value and all fields of the vector that has its id. Returns the id. */
  upsert(
    vector: VectorLike,
    value: EncodedInput<V, E>,
    extras: VectorExtras<F, K> & { readonly id: IdInput<K> },
  ): IdOf<K> {
    const row = this.#encode('upsert', vector, value, extras);
    if (row.own.row === undefined && row.own.text === undefined) {
      throw new InvalidArgument('upsert expects an id, got none: upsert(vector, value, { id })');
    }
    return this.#idOf(this.#writes().upsert('upsert', row));
  }

  /** Returns the nearest vectors of a query, nearest first. Equally near vectors come newest first. */
  search(
    query: VectorLike,
    options?: number | SearchOptions<EncodedOutput<V, E>, F, K>,
  ): SearchResult<EncodedOutput<V, E>, IdOf<K>>[] {
    this.#use();
    const plan = this.#plan('search', options);
    const [found] = search(this.#source, plan, [this.#format.encodeQuery('search', query, plan.metric)]);
    return this.#results(found ?? []);
  }

  /** Searches for many queries together, which is faster than one by one. */
  searchMany(
    queries: Iterable<VectorLike>,
    options?: number | SearchOptions<EncodedOutput<V, E>, F, K>,
  ): SearchResult<EncodedOutput<V, E>, IdOf<K>>[][] {
    this.#use();
    const plan = this.#plan('searchMany', options);
    const found = search(this.#source, plan, this.#encodeQueries('searchMany', queries, plan.metric));
    return found.map((results) => this.#results(results));
  }

  /** Searches in another thread, without blocking the event loop. */
  async searchAsync(
    query: VectorLike,
    options?: number | SearchAsyncOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[]> {
    this.#use();
    const plan = this.#plan('searchAsync', options, true);
    const encoded = this.#format.encodeQuery('searchAsync', query, plan.metric);
    return this.#results(await searchOffLoop(this.#source, plan, encoded));
  }

  /** Does the same as `searchMany` in another thread, without blocking the event loop. */
  async searchManyAsync(
    queries: Iterable<VectorLike>,
    options?: number | SearchAsyncOptions<EncodedOutput<V, E>, F, K>,
  ): Promise<SearchResult<EncodedOutput<V, E>, IdOf<K>>[][]> {
    this.#use();
    const plan = this.#plan('searchManyAsync', options, true);
    const encoded = this.#encodeQueries('searchManyAsync', queries, plan.metric);
    const found = await searchManyOffLoop(this.#source, plan, encoded);
    return found.map((results) => this.#results(results));
  }

  /** Returns the value of the nearest vector. Undefined if the vault is empty. */
  get(query: VectorLike): EncodedOutput<V, E> | undefined {
    return this.search(query, 1)[0]?.value;
  }

  /** Returns a stored vector and its value. Under cosine, floats have the length 1. */
  getById(id: IdInput<K>): { vector: StoredVector; value: EncodedOutput<V, E> } | undefined {
    return this.#connection.snapshot(() => {
      const known = this.#rowOf('getById', id);
      const row = known === undefined ? undefined : this.#rows.get(known);
      return row && { vector: this.#format.decode(row.vector), value: this.#valueOf(row.valueId, row.id) };
    });
  }

  /** Returns the fields of a vector. Missing ones are left out. Undefined if there is no such vector. */
  fields(id: IdInput<K>): FieldsOutput<F> | undefined {
    return this.#connection.snapshot(() => {
      const row = this.#rowOf('fields', id);
      if (row === undefined || !this.#rows.has(row)) return undefined;
      return this.#sides.fieldsOf(row) as FieldsOutput<F>;
    });
  }

  /** Returns the ids of the vectors that meet a condition; undefined if all of them do. */
  [idsWhere](owner: string, where: Where<F>): IdOf<K>[] | undefined {
    const condition = this.#sides.compile(owner, where);
    if (!condition) return undefined;
    const query = this.#connection.query<bigint>(condition.sql, { pluck: true, bigints: true });
    return this.#connection.consistently(() => {
      const rows = this.#connection.read(() => query.all(...condition.parameters));
      return rows.map((row) => this.#idOf(row));
    });
  }

  has(id: IdInput<K>): boolean {
    return this.#connection.consistently(() => {
      const row = this.#rowOf('has', id);
      return row !== undefined && this.#rows.has(row);
    });
  }

  /** Changes a vector, its value, its fields, or several of them. Returns false if the id does not exist. */
  update(id: IdInput<K>, changes: VectorChanges<EncodedInput<V, E>, F>): boolean {
    checkOptions('update', changes, { vector: ANYTHING, value: ANYTHING, fields: ANYTHING });
    const { vector, value, fields } = changes ?? {};
    if (vector === undefined && value === undefined && fields === undefined) {
      throw new InvalidArgument('update expects { vector }, { value }, { fields } or several of them, got none');
    }
    const row: Partial<NewRow> = {
      ...(vector !== undefined && { vector: this.#format.encode('update', vector) }),
      ...(value !== undefined && { value: this.#values.codec.encode(value, 'update') }),
      fields: this.#sides.encodeFields('update', value === undefined ? {} : { value }, fields),
    };
    return this.#write((writer) => {
      const known = this.#rowOf('update', id);
      return known !== undefined && writer.update(known, row);
    });
  }

  /** Deletes a vector and its value. Returns false if the id does not exist. */
  delete(id: IdInput<K>): boolean {
    return this.#write((writer) => {
      const row = this.#rowOf('delete', id);
      return row !== undefined && writer.delete([row]) > 0;
    });
  }

  /** Deletes many vectors and their values in one transaction. Returns how many of the ids existed. */
  deleteMany(ids: Iterable<IdInput<K>>): number {
    if (typeof (ids as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function' || typeof ids === 'string') {
      throw new InvalidArgument(`deleteMany expects an iterable of ids, got ${describe(ids)}`);
    }
    // Read before the transaction, because the iterator may do anything.
    const given = [...ids];
    return this.#write((writer) => {
      // All are checked before anything is deleted.
      const rows = given.map((id) => this.#rowOf('deleteMany', id));
      return writer.delete(rows.filter((row) => row !== undefined));
    });
  }

  /** Deletes all vectors and values. Their ids are not used again. */
  clear(): void {
    this.#writes().clear();
  }

  /**
   * Gives the space of deleted vectors back to the file, for whatever is written next. Writes all vectors again if that
   * frees a chunk or more.
   */
  compact(): void {
    this.#writes().compact();
  }

  /** The number of vectors. */
  get size(): number {
    return this.#rows.count;
  }

  info(): VectorInfo {
    const { dimensions, metric, vectorType } = this.#shape;
    const { types, ids } = this.#sides;
    const index = this.#index.info;
    return {
      table: this.#names.table,
      dimensions,
      metric,
      vectorType,
      count: this.size,
      ...(Object.keys(types).length > 0 && { fields: { ...types } }),
      ...(ids.kind === 'str' && { ids: ids.kind }),
      ...(index && { index }),
    };
  }

  /** Makes an index for approximate searches, or makes it again. Blocks the event loop meanwhile. */
  createIndex(options?: IndexOptions): void {
    this.#use();
    this.#index.create(options);
  }

  /**
   * Makes an index in another thread, and holds the write lock for the end of the build only. Inside a transaction, and
   * for a database without a file, it does so here.
   */
  async createIndexAsync(options?: IndexAsyncOptions): Promise<void> {
    this.#use();
    await this.#index.createAsync(options);
  }

  /** Removes the index. Searches work as without it. Returns whether there was one. */
  dropIndex(): boolean {
    this.#use();
    return this.#index.drop();
  }

  /** Compares the index with the table. Returns what is wrong; nothing if all is well, or without an index. */
  verifyIndex(): string[] {
    this.#use();
    return this.#index.verify();
  }

  /**
   * Does what `optimize` of every vault does. Before, without `maxMs`, it puts all vectors into the lists of the index,
   * and makes the index again if the table has grown or shrunk a lot since.
   */
  override optimize(options?: OptimizeOptions): OptimizeResult {
    this.#use();
    if (options?.maxMs === undefined && !this.#connection.readonly) this.#index.tidy();
    return super.optimize(options);
  }

  /**
   * Does the same, and makes the index again in another thread if that is due. Others write meanwhile. The rest is done
   * here.
   */
  async optimizeAsync(options?: OptimizeAsyncOptions): Promise<OptimizeResult> {
    this.#use();
    const [watch, others] = checkWatch('optimizeAsync', options ?? {});
    checkOptimizeOptions(others);
    watch.signal?.throwIfAborted();
    if (others.maxMs === undefined && !this.#connection.readonly) await this.#index.tidyAsync(watch);
    return this.optimize(others);
  }

  /** Iterates over the ids in a range, by default all of them in ascending order. */
  *keys(range?: IdRange<IdInput<K>>): Generator<IdOf<K>> {
    const ids = this.#resolve('keys', range);
    for (const { id } of rowsByPage(this.#connection, ids, (left, most) => this.#rows.ids(left, most)))
      yield this.#idOf(id);
  }

  /** Iterates over the values of the vectors whose ids are in a range, in the order of the ids. */
  *values(range?: IdRange<IdInput<K>>): Generator<EncodedOutput<V, E>> {
    const ids = this.#resolve('values', range);
    const page = (left: ResolvedIds, most: number) =>
      this.#rows.references(left, most).map(({ id, valueId }) => ({ id, value: this.#valueOf(valueId, id) }));
    for (const { value } of rowsByPage(this.#connection, ids, page)) yield value;
  }

  /**
   * Iterates over the vectors in a range of ids with their values. Like a `Map`, it yields each vector as it is when
   * its turn comes: it reads a page at a time, and reads the rest of a page again after any change.
   */
  *entries(range?: IdRange<IdInput<K>>): Generator<[id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>]> {
    const ids = this.#resolve('entries', range);
    const page = (left: ResolvedIds, most: number) =>
      this.#rows.rows(left, most).map((row) => ({ ...row, value: this.#valueOf(row.valueId, row.id) }));
    for (const { id, vector, value } of rowsByPage(this.#connection, ids, page)) {
      yield [this.#idOf(id), this.#format.decode(vector), value];
    }
  }

  /** Iterates over all vectors with their values, by ascending id. */
  [Symbol.iterator](): Generator<[id: IdOf<K>, vector: StoredVector, value: EncodedOutput<V, E>]> {
    return this.entries();
  }

  /** The name of the encoding of the values: 'auto', or what the file keeps. */
  get valueEncoding(): string {
    return this.#values.codec.encoding;
  }

  /** Encodes values of any kind, with headers. `structured: false` refuses values that Python cannot read. */
  enableAutoPack(options: { structured?: boolean } = {}): void {
    refuseSwitch('enableAutoPack', this.table, this.valueEncoding);
    this.#values.codec.enableAutoPack(options);
  }

  /** Accepts bytes only, and returns the stored bytes, headers included. */
  disableAutoPack(): void {
    refuseSwitch('disableAutoPack', this.table, this.valueEncoding);
    this.#values.codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#values.codec.autoPack;
  }

  enableHeaders(): void {
    refuseSwitch('enableHeaders', this.table, this.valueEncoding);
    this.#values.codec.headers = true;
  }

  disableHeaders(): void {
    refuseSwitch('disableHeaders', this.table, this.valueEncoding);
    this.#values.codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.#values.codec.headers;
  }

  get table(): string {
    return this.#names.table;
  }

  /** Deletes the tables with all vectors and values, and closes the vault. Refused while another vault has it open. */
  dropTable(): void {
    this.#refuseOthers('dropTable');
    dropVectorTable(this.#connection, this.#names, this.#resident);
    this.close();
  }

  /**
   * Gives the tables another name, which no table may have. Closes this vault, and returns one with the same options on
   * the tables. Refused while another vault has them open.
   */
  renameTable(name: string): VectorKVault<V, E, F, K> {
    this.#refuseOthers('renameTable');
    renameVectorTable(this.#connection, this.#names, name, this.#resident);
    const renamed = vaultOf<V, E, F, K>(this, { ...this.#options, table: name });
    // Of an earlier table of this name.
    renamed.#resident.forget();
    this.close();
    return renamed;
  }

  #refuseOthers(method: string): void {
    this.#use();
    this.#connection.checkWritable();
    this.#users.refuseOthers(method, `the table ${quoteIdentifier(this.table)}`);
  }

  #encodeQueries(owner: string, queries: Iterable<VectorLike>, metric: Metric): Buffer[] {
    if (typeof (queries as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`${owner} expects an iterable of vectors, got ${describe(queries)}`);
    }
    return Array.from(queries, (query, index) => this.#format.encodeQuery(`${owner}: query ${index}`, query, metric));
  }

  /** Throws if the vault is closed. */
  #use(): void {
    this.#connection.assertOpen();
  }

  #encode(owner: string, vector: unknown, value: unknown, extras: unknown): NewRow {
    return {
      vector: this.#format.encode(owner, vector),
      value: this.#values.codec.encode(value, owner),
      ...this.#sides.encode(owner, value, extras),
    };
  }

  #plan(
    owner: string,
    options: number | SearchAsyncOptions<EncodedOutput<V, E>, F, K> | undefined,
    isAsync?: boolean,
  ): SearchPlan<EncodedOutput<V, E>> {
    return planSearch(owner, { shape: this.#shape, sides: this.#sides }, options, isAsync);
  }

  /** The ids of results are of the kind that the table has. */
  #results(found: SearchResult<EncodedOutput<V, E>>[]): SearchResult<EncodedOutput<V, E>, IdOf<K>>[] {
    return found as SearchResult<EncodedOutput<V, E>, unknown>[] as SearchResult<EncodedOutput<V, E>, IdOf<K>>[];
  }

  #idOf(row: bigint): IdOf<K> {
    return this.#sides.ids.idOf(row) as IdOf<K>;
  }

  #rowOf(owner: string, id: IdInput<K>): bigint | undefined {
    return this.#sides.ids.rowOf(owner, id);
  }

  #resolve(owner: string, range: IdRange<IdInput<K>> | undefined): ResolvedIds {
    return resolveIds(owner, range, (id) => {
      const row = this.#rowOf(owner, id as IdInput<K>);
      if (row !== undefined) return row;
      throw new InvalidArgument(`${owner}: there is no vector with the id ${describe(id)}`);
    });
  }

  /** Runs a write that looks up ids first: if they are text, in one transaction. */
  #write<T>(work: (writer: Writer) => T): T {
    const writer = this.#writes();
    return this.#sides.ids.kind === 'str' ? this.#connection.transaction(() => work(writer)) : work(writer);
  }

  /** Returns the writer. The first call loads sqlite-vec. */
  #writes(): Writer {
    this.#use();
    this.#connection.checkWritable();
    this.#writer ??= new Writer({
      connection: this.#connection,
      names: this.#names,
      shape: this.#shape,
      resident: this.#resident,
      rows: this.#rows,
      sides: this.#sides,
    });
    return this.#writer;
  }

  #valueOf(valueId: bigint, vectorId: bigint): EncodedOutput<V, E> {
    const found = this.#values.get(valueId, vectorId);
    if (found) return found.value as EncodedOutput<V, E>;
    throw new CorruptData(
      `vector ${vectorId} of ${this.#names.table} has no value (id ${valueId}). Restore a backup, or delete the vector`,
    );
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function vaultOf<V, E extends ValueEncoding, F extends FieldTypes, K extends IdKind>(
  source: DatabaseSource,
  options: object,
): VectorKVault<V, E, F, K> {
  return new VectorKVault<V, E, F, K>(source, options as never);
}

/** Returns the format of vectors. For those who copy a table, vectors are written as they were stored. */
function formatOf(shape: VectorShape, options: object): VectorFormat {
  const isStored = writesStored(options) && shape.vectorType === 'f32';
  return vectorFormat(isStored ? { ...shape, metric: 'l2' } : shape);
}

function valuesOf(connection: Connection, names: TableNames, own: CodecOptions, options: object): VectorValues {
  const values = new VectorValues(connection, names, own);
  if (!readsStored(options)) values.agreeOnEncoding();
  return values;
}
