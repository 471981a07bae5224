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
  type DatabaseSource,
  openVault,
  quoteIdentifier,
  readsStored,
  refuseSwitch,
  TableUsers,
  Vault,
} from '@kohakuvault/core-native/internal/database';
import type { EncodedInput, EncodedOutput, ValueEncoding } from '@kohakuvault/packer/value';
import { type IdRange, idsAfter, type ResolvedIds, resolveIds } from './id-range.ts';
import { checkId, idsOf, type VectorId } from './ids.ts';
import {
  checkIndexOptions,
  type IndexAsyncOptions,
  type IndexBuildOptions,
  type IndexOptions,
  type VectorIndexInfo,
} from './index-options.ts';
import type { Metric, VectorType } from './metrics.ts';
import { optionsOf, type VectorKVaultOptions, type VectorShape } from './options.ts';
import { ResidentVectors } from './resident-vectors.ts';
import { type SearchResult, type SearchSource, search, searchManyOffLoop, searchOffLoop } from './search.ts';
import { planSearch, type SearchAsyncOptions, type SearchOptions } from './search-options.ts';
import type { Running } from './search-queue.ts';
import { StoredRows } from './stored-rows.ts';
import { dropVectorTable, openVectorTable, renameVectorTable, type TableNames, tableNames } from './table.ts';
import { type StoredVector, type VectorFormat, type VectorLike, vectorFormat } from './vector-format.ts';
import { type ValueOptions, VectorValues } from './vector-values.ts';
import { type NewRow, Writer } from './writer.ts';

/** The changes of an update: the vector, the value, or both. */
export interface VectorChanges<V> {
  vector?: VectorLike | undefined;
  value?: V | undefined;
}

export interface VectorInfo {
  table: string;
  dimensions: number;
  metric: Metric;
  vectorType: VectorType;
  count: number;
  /** The index; absent without one. */
  index?: VectorIndexInfo;
}

/** The number of vectors that an iteration reads together. */
const PAGE_ROWS = 128;
/** The number after the loop has changed something, which makes rows that were read ahead stale. */
const ROWS_AFTER_CHANGE = 2;

const ANYTHING: OptionRule = { expected: 'anything', accepts: () => true };

/**
 * Stores vectors with values in a table of an SQLite file, and finds the nearest vectors of a query. `V` is the type of
 * the values, anything by default. `E` is its `valueEncoding`, as in a KVault.
 */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class VectorKVault<V = any, E extends ValueEncoding = ValueEncoding> extends Vault {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #shape: VectorShape;
  readonly #format: VectorFormat;
  readonly #values: VectorValues;
  readonly #rows: StoredRows;
  readonly #resident: ResidentVectors;
  readonly #source: SearchSource<EncodedOutput<V, E>>;
  readonly #running = new Set<Running>();
  readonly #users: TableUsers;
  readonly #options: VectorKVaultOptions;
  #writer: Writer | undefined;

  constructor(source: DatabaseSource, options: VectorKVaultOptions<E>) {
    const { own, connection: given } = optionsOf(options);
    const names = tableNames(own.table);
    const format = vectorFormat(own.shape);
    const { connection, values, rows, resident, users } = openVault(source, given, (connection) => {
      openVectorTable(connection, names, own.shape);
      return {
        connection,
        values: valuesOf(connection, names, own, options),
        rows: new StoredRows(connection, names, format.bytes),
        resident: ResidentVectors.of(connection, own.table, own.shape),
        users: TableUsers.join(connection, own.table),
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
      value: ({ id, valueId }) => this.#values.get(valueId, id) as { value: EncodedOutput<V, E> } | undefined,
      running: (work) => {
        this.#running.add(work);
        return () => this.#running.delete(work);
      },
    };
  }

  /** Inserts a vector. Returns its id, which is never used again. */
  insert(vector: VectorLike, value: EncodedInput<V, E>): bigint {
    const row = this.#encode('insert', vector, value);
    return this.#writes().insert([row])[0] as bigint;
  }

  /** Inserts many vectors in one transaction, or none if one is refused. Returns their ids. */
  insertMany(rows: Iterable<readonly [VectorLike, EncodedInput<V, E>]>): bigint[] {
    if (typeof (rows as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany expects an iterable of [vector, value] pairs, got ${describe(rows)}`);
    }
    const encoded = Array.from(rows, (row, index) => {
      if (!Array.isArray(row) || row.length !== 2) {
        throw new InvalidArgument(`insertMany: row ${index} is ${describe(row)}; expected a [vector, value] pair`);
      }
      const { vector, value } = this.#encode(`insertMany: row ${index}`, row[0], row[1]);
      // Copied, because the caller or the iterator may change the bytes before they are written.
      return { vector, value: Buffer.from(value) };
    });
    return this.#writes().insert(encoded);
  }

  /** Returns the nearest vectors of a query, nearest first. Equally near vectors come newest first. */
  search(
    query: VectorLike,
    options?: number | SearchOptions<EncodedOutput<V, E>>,
  ): SearchResult<EncodedOutput<V, E>>[] {
    this.#use();
    const plan = planSearch<EncodedOutput<V, E>>('search', this.#shape, options);
    return search(this.#source, plan, [this.#format.encodeQuery('search', query, plan.metric)])[0] ?? [];
  }

  /** Searches for many queries together, which is faster than one by one. */
  searchMany(
    queries: Iterable<VectorLike>,
    options?: number | SearchOptions<EncodedOutput<V, E>>,
  ): SearchResult<EncodedOutput<V, E>>[][] {
    this.#use();
    const plan = planSearch<EncodedOutput<V, E>>('searchMany', this.#shape, options);
    return search(this.#source, plan, this.#encodeQueries('searchMany', queries, plan.metric));
  }

  /** Searches in another thread, without blocking the event loop. */
  async searchAsync(
    query: VectorLike,
    options?: number | SearchAsyncOptions<EncodedOutput<V, E>>,
  ): Promise<SearchResult<EncodedOutput<V, E>>[]> {
    this.#use();
    const plan = planSearch<EncodedOutput<V, E>>('searchAsync', this.#shape, options, true);
    return searchOffLoop(this.#source, plan, this.#format.encodeQuery('searchAsync', query, plan.metric));
  }

  /** Does the same as `searchMany` in another thread, without blocking the event loop. */
  async searchManyAsync(
    queries: Iterable<VectorLike>,
    options?: number | SearchAsyncOptions<EncodedOutput<V, E>>,
  ): Promise<SearchResult<EncodedOutput<V, E>>[][]> {
    this.#use();
    const plan = planSearch<EncodedOutput<V, E>>('searchManyAsync', this.#shape, options, true);
    const encoded = this.#encodeQueries('searchManyAsync', queries, plan.metric);
    return searchManyOffLoop(this.#source, plan, encoded);
  }

  /** Returns the value of the nearest vector. Undefined if the vault is empty. */
  get(query: VectorLike): EncodedOutput<V, E> | undefined {
    return this.search(query, 1)[0]?.value;
  }

  /** Returns a stored vector and its value. Under cosine, floats have the length 1. */
  getById(id: VectorId): { vector: StoredVector; value: EncodedOutput<V, E> } | undefined {
    const checked = checkId('getById', id);
    return this.#connection.snapshot(() => {
      const row = this.#rows.get(checked);
      return row && { vector: this.#format.decode(row.vector), value: this.#valueOf(row.valueId, row.id) };
    });
  }

  has(id: VectorId): boolean {
    return this.#rows.has(checkId('has', id));
  }

  /** Changes a vector, its value, or both. Returns false if the id does not exist. */
  update(id: VectorId, changes: VectorChanges<EncodedInput<V, E>>): boolean {
    const checked = checkId('update', id);
    checkOptions('update', changes, { vector: ANYTHING, value: ANYTHING });
    const { vector, value } = changes ?? {};
    if (vector === undefined && value === undefined) {
      throw new InvalidArgument('update expects { vector }, { value } or both, got neither');
    }
    const row: Partial<NewRow> = {
      ...(vector !== undefined && { vector: this.#format.encode('update', vector) }),
      ...(value !== undefined && { value: this.#values.codec.encode(value, 'update') }),
    };
    return this.#writes().update(checked, row);
  }

  /** Deletes a vector and its value. Returns false if the id does not exist. */
  delete(id: VectorId): boolean {
    return this.#writes().delete([checkId('delete', id)]) > 0;
  }

  /** Deletes many vectors and their values in one transaction. Returns how many of the ids existed. */
  deleteMany(ids: Iterable<VectorId>): number {
    if (typeof (ids as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function' || typeof ids === 'string') {
      throw new InvalidArgument(`deleteMany expects an iterable of ids, got ${describe(ids)}`);
    }
    // Read and checked before anything is deleted.
    return this.#writes().delete(idsOf('deleteMany', ids));
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
    const index = this.#connection.consistently(() => this.#resident.index.info);
    return { table: this.#names.table, dimensions, metric, vectorType, count: this.size, ...(index && { index }) };
  }

  /** Makes an index for approximate searches, or makes it again. Blocks the event loop meanwhile. */
  createIndex(options?: IndexOptions): void {
    this.#use();
    const checked = checkIndexOptions('createIndex', options);
    this.#buildHere(checked);
  }

  /**
   * Makes an index in another thread, and holds the write lock for the end of the build only. Inside a transaction, and
   * for a database without a file, it does so here.
   */
  async createIndexAsync(options?: IndexAsyncOptions): Promise<void> {
    this.#use();
    const checked = checkIndexOptions('createIndexAsync', options);
    this.#connection.checkWritable();
    checked.signal?.throwIfAborted();
    const { index } = this.#resident;
    if (!index.canBuildOffLoop) {
      this.#buildHere(checked);
      return;
    }
    const isMade = await index.buildOffLoop(this.#shape.metric, checked, this.#source.running);
    if (isMade) return;
    checked.signal?.throwIfAborted();
    // Cancelled because the vault was closed.
    this.#use();
  }

  /** Removes the index. Searches work as without it. Returns whether there was one. */
  dropIndex(): boolean {
    this.#use();
    return this.#connection.transaction(() => this.#connection.write(() => this.#resident.index.drop()));
  }

  /** Compares the index with the table. Returns what is wrong; nothing if all is well, or without an index. */
  verifyIndex(): string[] {
    this.#use();
    return this.#connection.consistently(() => this.#resident.index.verify());
  }

  /**
   * Does what `optimize` of every vault does. Before, without `maxMs`, it puts all vectors into the lists of the index,
   * and makes the index again if the table has grown or shrunk a lot since.
   */
  override optimize(options?: OptimizeOptions): OptimizeResult {
    this.#use();
    if (options?.maxMs === undefined && !this.#connection.readonly) this.#tidyIndex();
    return super.optimize(options);
  }

  #tidyIndex(): void {
    const { index } = this.#resident;
    if (!this.#connection.consistently(() => index.info)) return;
    this.#connection.transaction(() => {
      if (index.hasDrifted) this.#connection.write(() => index.build(this.#shape.metric, {}));
      else index.grow(1);
    });
  }

  #buildHere(options: IndexBuildOptions): void {
    this.#connection.transaction(() => {
      this.#connection.write(() => this.#resident.index.build(this.#shape.metric, options));
    });
  }

  /** Iterates over the ids in a range, by default all of them in ascending order. */
  *keys(range?: IdRange): Generator<bigint> {
    const ids = resolveIds('keys', range);
    for (const { id } of this.#iterate(ids, (left, most) => this.#rows.ids(left, most))) yield id;
  }

  /** Iterates over the values of the vectors whose ids are in a range, in the order of the ids. */
  *values(range?: IdRange): Generator<EncodedOutput<V, E>> {
    const ids = resolveIds('values', range);
    const page = (left: ResolvedIds, most: number) =>
      this.#rows.references(left, most).map(({ id, valueId }) => ({ id, value: this.#valueOf(valueId, id) }));
    for (const { value } of this.#iterate(ids, page)) yield value;
  }

  /**
   * Iterates over the vectors in a range of ids with their values. Like a `Map`, it yields each vector as it is when
   * its turn comes: it reads a page at a time, and reads the rest of a page again after any change.
   */
  *entries(range?: IdRange): Generator<[id: bigint, vector: StoredVector, value: EncodedOutput<V, E>]> {
    const ids = resolveIds('entries', range);
    const page = (left: ResolvedIds, most: number) =>
      this.#rows.rows(left, most).map((row) => ({ ...row, value: this.#valueOf(row.valueId, row.id) }));
    for (const { id, vector, value } of this.#iterate(ids, page)) yield [id, this.#format.decode(vector), value];
  }

  /** Iterates over all vectors with their values, by ascending id. */
  [Symbol.iterator](): Generator<[id: bigint, vector: StoredVector, value: EncodedOutput<V, E>]> {
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
  renameTable(name: string): VectorKVault<V, E> {
    this.#refuseOthers('renameTable');
    renameVectorTable(this.#connection, this.#names, name, this.#resident);
    const renamed = vaultOf<V, E>(this, { ...(this.#options as VectorKVaultOptions<E>), table: name });
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

  /** Yields rows page by page, each as it is when its turn comes. */
  *#iterate<Row extends { id: bigint }>(
    range: ResolvedIds,
    page: (left: ResolvedIds, most: number) => Row[],
  ): Generator<Row> {
    let left = range;
    let most = PAGE_ROWS;
    while (left.limit > 0) {
      const stamp = this.#connection.stamp();
      const rows = this.#connection.snapshot(() => page(left, most));
      if (rows.length === 0) return;
      most = Math.min(PAGE_ROWS, most * 2);
      for (const row of rows) {
        yield row;
        left = idsAfter(left, row.id);
        if (this.#connection.stamp() === stamp) continue;
        most = ROWS_AFTER_CHANGE;
        break;
      }
    }
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

  #encode(owner: string, vector: unknown, value: unknown): NewRow {
    return { vector: this.#format.encode(owner, vector), value: this.#values.codec.encode(value, owner) };
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
function vaultOf<V, E extends ValueEncoding>(source: DatabaseSource, options: VectorKVaultOptions): VectorKVault<V, E> {
  return new VectorKVault<V, E>(source, options as never);
}

function valuesOf(connection: Connection, names: TableNames, own: ValueOptions, options: object): VectorValues {
  const values = new VectorValues(connection, names, own);
  if (!readsStored(options)) values.agreeOnEncoding();
  return values;
}
