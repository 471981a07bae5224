import {
  CorruptData,
  checkOptions,
  describe,
  InvalidArgument,
  type OptionRule,
} from '@kohakuvault/core-native/internal';
import { type Connection, type DatabaseSource, openVault, Vault } from '@kohakuvault/core-native/internal/database';
import { checkId, type VectorId } from './ids.ts';
import type { Metric, VectorType } from './metrics.ts';
import { optionsOf, type VectorKVaultOptions, type VectorShape } from './options.ts';
import { ResidentVectors } from './resident-vectors.ts';
import { type SearchResult, type SearchSource, search, searchOffLoop } from './search.ts';
import { planSearch, type SearchAsyncOptions, type SearchOptions } from './search-options.ts';
import type { Running } from './search-queue.ts';
import { StoredRows } from './stored-rows.ts';
import { openVectorTable, type TableNames, tableNames } from './table.ts';
import { type StoredVector, type VectorFormat, type VectorLike, vectorFormat } from './vector-format.ts';
import { VectorValues } from './vector-values.ts';
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
}

/** The number of vectors that an iteration reads together. */
const PAGE_ROWS = 128;
/** The number after the loop has changed something, which makes rows that were read ahead stale. */
const ROWS_AFTER_CHANGE = 2;

const ANYTHING: OptionRule = { expected: 'anything', accepts: () => true };

/** Stores vectors with values in a table of an SQLite file, and finds the nearest vectors of a query. */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class VectorKVault<V = any> extends Vault {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #shape: VectorShape;
  readonly #format: VectorFormat;
  readonly #values: VectorValues;
  readonly #rows: StoredRows;
  readonly #resident: ResidentVectors;
  readonly #source: SearchSource<V>;
  readonly #running = new Set<Running>();
  #writer: Writer | undefined;

  constructor(source: DatabaseSource, options: VectorKVaultOptions) {
    const { own, connection: given } = optionsOf(options);
    const names = tableNames(own.table);
    const format = vectorFormat(own.shape);
    const { connection, values, rows, resident } = openVault(source, given, (connection) => {
      openVectorTable(connection, names, own.shape);
      return {
        connection,
        values: new VectorValues(connection, names, own),
        rows: new StoredRows(connection, names, format.bytes),
        resident: ResidentVectors.of(connection, own.table, own.shape),
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
    this.#connection.onClose(() => {
      for (const work of this.#running) work.cancel();
    });
    this.#source = {
      connection: this.#connection,
      resident: this.#resident,
      residentBytes: own.residentBytes,
      format: this.#format,
      table: own.table,
      value: ({ id, valueId }) => this.#values.get(valueId, id) as { value: V } | undefined,
      running: (work) => {
        this.#running.add(work);
        return () => this.#running.delete(work);
      },
    };
  }

  /** Inserts a vector. Returns its id, which is never used again. */
  insert(vector: VectorLike, value: V): bigint {
    const row = this.#encode('insert', vector, value);
    return this.#writes().insert([row])[0] as bigint;
  }

  /** Inserts many vectors in one transaction, or none if one is refused. Returns their ids. */
  insertMany(rows: Iterable<readonly [VectorLike, V]>): bigint[] {
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
  search(query: VectorLike, options?: number | SearchOptions<V>): SearchResult<V>[] {
    this.#use();
    const plan = planSearch<V>('search', this.#shape, options);
    return search(this.#source, plan, [this.#format.encodeQuery('search', query, plan.metric)])[0] ?? [];
  }

  /** Searches for many queries together, which is faster than one by one. */
  searchMany(queries: Iterable<VectorLike>, options?: number | SearchOptions<V>): SearchResult<V>[][] {
    this.#use();
    const plan = planSearch<V>('searchMany', this.#shape, options);
    if (typeof (queries as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`searchMany expects an iterable of vectors, got ${describe(queries)}`);
    }
    const encoded = Array.from(queries, (query, index) =>
      this.#format.encodeQuery(`searchMany: query ${index}`, query, plan.metric),
    );
    return search(this.#source, plan, encoded);
  }

  /** Searches in another thread, without blocking the event loop. */
  async searchAsync(query: VectorLike, options?: number | SearchAsyncOptions<V>): Promise<SearchResult<V>[]> {
    this.#use();
    const plan = planSearch<V>('searchAsync', this.#shape, options, true);
    return searchOffLoop(this.#source, plan, this.#format.encodeQuery('searchAsync', query, plan.metric));
  }

  /** Returns the value of the nearest vector. Undefined if the vault is empty. */
  get(query: VectorLike): V | undefined {
    return this.search(query, 1)[0]?.value;
  }

  /** Returns a stored vector and its value. Under cosine, floats have the length 1. */
  getById(id: VectorId): { vector: StoredVector; value: V } | undefined {
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
  update(id: VectorId, changes: VectorChanges<V>): boolean {
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
    return this.#writes().update(checked, row, (id) => this.#rows.valueId(id));
  }

  /** Deletes a vector and its value. Returns false if the id does not exist. */
  delete(id: VectorId): boolean {
    return this.#writes().delete(checkId('delete', id), (id) => this.#rows.valueId(id));
  }

  /** Deletes all vectors and values. Their ids are not used again. */
  clear(): void {
    this.#writes().clear();
  }

  /** The number of vectors. */
  get size(): number {
    return this.#rows.count;
  }

  info(): VectorInfo {
    const { dimensions, metric, vectorType } = this.#shape;
    return { table: this.#names.table, dimensions, metric, vectorType, count: this.size };
  }

  /**
   * Iterates over all vectors with their values, by ascending id. Like a `Map`, it yields each vector as it is when its
   * turn comes: it reads a page at a time, and reads the rest of a page again after any change.
   */
  *[Symbol.iterator](): Generator<[id: bigint, vector: StoredVector, value: V]> {
    let last: bigint | undefined;
    let rows = PAGE_ROWS;
    for (;;) {
      const stamp = this.#connection.stamp();
      const page = this.#page(last, rows);
      if (page.length === 0) return;
      rows = Math.min(PAGE_ROWS, rows * 2);
      for (const { id, vector, value } of page) {
        yield [id, this.#format.decode(vector), value];
        last = id;
        if (this.#connection.stamp() === stamp) continue;
        rows = ROWS_AFTER_CHANGE;
        break;
      }
    }
  }

  /** Encodes values of any kind, with headers. `structured: false` refuses values that Python cannot read. */
  enableAutoPack(options: { structured?: boolean } = {}): void {
    this.#values.codec.enableAutoPack(options);
  }

  /** Accepts bytes only, and returns the stored bytes, headers included. */
  disableAutoPack(): void {
    this.#values.codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.#values.codec.autoPack;
  }

  enableHeaders(): void {
    this.#values.codec.headers = true;
  }

  disableHeaders(): void {
    this.#values.codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.#values.codec.headers;
  }

  get table(): string {
    return this.#names.table;
  }

  #page(last: bigint | undefined, rows: number) {
    return this.#connection.snapshot(() =>
      this.#rows
        .pageAfter(last, rows)
        .map(({ id, vector, valueId }) => ({ id, vector, value: this.#valueOf(valueId, id) })),
    );
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
    this.#writer ??= new Writer(this.#connection, this.#names, this.#shape.vectorType, this.#resident);
    return this.#writer;
  }

  #valueOf(valueId: bigint, vectorId: bigint): V {
    const found = this.#values.get(valueId, vectorId);
    if (found) return found.value as V;
    throw new CorruptData(
      `vector ${vectorId} of ${this.#names.table} has no value (id ${valueId}). Restore a backup, or delete the vector`,
    );
  }
}
