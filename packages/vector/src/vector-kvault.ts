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
import { optionsOf, type Shape, type VectorKVaultOptions } from './options.ts';
import { type Cancel, Resident } from './resident.ts';
import { type SearchResult, type SearchSource, search, searchOffLoop } from './search.ts';
import { planSearch, type SearchAsyncOptions, type SearchOptions } from './search-options.ts';
import { StoredRows } from './stored-rows.ts';
import { StoredValues } from './stored-values.ts';
import { openVectorTable, type TableNames, tableNames } from './table.ts';
import { type StoredVector, type VectorFormat, type VectorLike, vectorFormat } from './vector-format.ts';
import { type NewRow, Writer } from './writer.ts';

/** What an update changes: the vector, the value, or both. */
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

/** Vectors read at a time by an iteration. */
const PAGE_ROWS = 128;
/** The same where the loop has changed something, which makes what was read ahead worthless. */
const ROWS_AFTER_CHANGE = 2;

const ANYTHING: OptionRule = { expected: 'anything', accepts: () => true };

/** Vectors with values, and which of them are nearest to a query, in one table of one SQLite file. */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export class VectorKVault<V = any> extends Vault {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #shape: Shape;
  readonly #format: VectorFormat;
  readonly #values: StoredValues;
  readonly #rows: StoredRows;
  readonly #resident: Resident;
  readonly #source: SearchSource<V>;
  readonly #running = new Set<Cancel>();
  #writer: Writer | undefined;

  constructor(source: DatabaseSource, options: VectorKVaultOptions) {
    const { own, connection: given } = optionsOf(options);
    const names = tableNames(own.table);
    const format = vectorFormat(own.shape);
    const { connection, values, rows, resident } = openVault(source, given, (connection) => {
      openVectorTable(connection, names, own.shape);
      return {
        connection,
        values: new StoredValues(connection, names, own),
        rows: new StoredRows(connection, names, format.bytes),
        resident: Resident.of(connection, own.table, own.shape),
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
      for (const search of this.#running) search.cancel();
    });
    this.#source = {
      connection: this.#connection,
      resident: this.#resident,
      residentBytes: own.residentBytes,
      format: this.#format,
      table: own.table,
      value: ({ id, valueId }) => this.#values.get(valueId, id) as { value: V } | undefined,
      running: (search) => {
        this.#running.add(search);
        return () => this.#running.delete(search);
      },
    };
  }

  /** The id of the new vector, which no other one gets any more. */
  insert(vector: VectorLike, value: V): bigint {
    const row = this.#encode('insert', vector, value);
    return this.#writes().insert([row])[0] as bigint;
  }

  /** Inserts many in one transaction; their ids. Where one cannot be inserted, none is. */
  insertMany(rows: Iterable<readonly [VectorLike, V]>): bigint[] {
    if (typeof (rows as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`insertMany: given is ${describe(rows)}; expected pairs of a vector and a value`);
    }
    const encoded = Array.from(rows, (row, index) => {
      if (!Array.isArray(row) || row.length !== 2) {
        throw new InvalidArgument(
          `insertMany: row ${index} is ${describe(row)}; expected a pair of a vector and a value`,
        );
      }
      const { vector, value } = this.#encode(`insertMany: row ${index}`, row[0], row[1]);
      // What was given may be changed by its owner, or by the next step of an iterator, before it is written.
      return { vector, value: Buffer.from(value) };
    });
    return this.#writes().insert(encoded);
  }

  /** The nearest to a query, the nearest first; of equally near ones the newest first. */
  search(query: VectorLike, options?: number | SearchOptions<V>): SearchResult<V>[] {
    this.#use();
    const plan = planSearch<V>('search', this.#shape, options);
    return search(this.#source, plan, [this.#format.encodeQuery('search', query, plan.metric)])[0] ?? [];
  }

  /** `search` for many queries, which costs less than one after another. */
  searchMany(queries: Iterable<VectorLike>, options?: number | SearchOptions<V>): SearchResult<V>[][] {
    this.#use();
    const plan = planSearch<V>('searchMany', this.#shape, options);
    if (typeof (queries as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`searchMany: the queries are ${describe(queries)}; expected an iterable of vectors`);
    }
    const encoded = Array.from(queries, (query, index) =>
      this.#format.encodeQuery(`searchMany: query ${index}`, query, plan.metric),
    );
    return search(this.#source, plan, encoded);
  }

  /** `search` in another thread, which leaves the event loop free. */
  async searchAsync(query: VectorLike, options?: number | SearchAsyncOptions<V>): Promise<SearchResult<V>[]> {
    this.#use();
    const plan = planSearch<V>('searchAsync', this.#shape, options, true);
    return searchOffLoop(this.#source, plan, this.#format.encodeQuery('searchAsync', query, plan.metric));
  }

  /** The value of the nearest; undefined where the vault is empty. */
  get(query: VectorLike): V | undefined {
    return this.search(query, 1)[0]?.value;
  }

  /** A vector as it is stored, which under cosine is as long as 1, and its value. */
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

  /** Changes the vector, the value, or both. Whether there was such an id. */
  update(id: VectorId, changes: VectorChanges<V>): boolean {
    const checked = checkId('update', id);
    checkOptions('update', changes, { vector: ANYTHING, value: ANYTHING });
    const { vector, value } = changes ?? {};
    if (vector === undefined && value === undefined) {
      throw new InvalidArgument(
        'update: neither a vector nor a value is given; expected { vector }, { value } or both',
      );
    }
    const row: Partial<NewRow> = {
      ...(vector !== undefined && { vector: this.#format.encode('update', vector) }),
      ...(value !== undefined && { value: this.#values.codec.encode(value, 'update') }),
    };
    return this.#writes().update(checked, row, (id) => this.#rows.valueId(id));
  }

  /** Whether there was such an id. */
  delete(id: VectorId): boolean {
    return this.#writes().delete(checkId('delete', id), (id) => this.#rows.valueId(id));
  }

  clear(): void {
    this.#writes().clear();
  }

  get size(): number {
    return this.#rows.count;
  }

  info(): VectorInfo {
    const { dimensions, metric, vectorType } = this.#shape;
    return { table: this.#names.table, dimensions, metric, vectorType, count: this.size };
  }

  /**
   * All vectors with their values in the order of their ids, as `Map` gives them: each as it is when it is asked for.
   * They are read a page at a time; where anything has changed since a page was read, the rest of it is read again.
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

  /** Encode values of any kind, with headers; `structured: false` refuses those that Python could not read. */
  enableAutoPack(options: { structured?: boolean } = {}): void {
    this.#values.codec.enableAutoPack(options);
  }

  /** Take bytes only, and give back what is stored, with any header. */
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

  #page(behind: bigint | undefined, rows: number) {
    return this.#connection.snapshot(() =>
      this.#rows
        .pageBehind(behind, rows)
        .map(({ id, vector, valueId }) => ({ id, vector, value: this.#valueOf(valueId, id) })),
    );
  }

  /** Throws where the vault is closed. */
  #use(): void {
    this.#connection.assertOpen();
  }

  #encode(owner: string, vector: unknown, value: unknown): NewRow {
    return { vector: this.#format.encode(owner, vector), value: this.#values.codec.encode(value, owner) };
  }

  /** What writes; sqlite-vec is loaded when it is first needed. */
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
      `the vector ${vectorId} of ${this.#names.table} has no value ${valueId}. Restore a backup, or delete the vector`,
    );
  }
}
