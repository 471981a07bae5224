import { checkOptions, describe, InvalidArgument, NotFound, rules } from '@kohakuvault/core-native/internal';
import {
  CachedVault,
  type Connection,
  type DatabaseSource,
  openVault,
  TableUsers,
} from '@kohakuvault/core-native/internal/database';
import { type DocumentDType, type DType, type Int64, parseDType } from '@kohakuvault/packer';
import { Catalogs } from './catalogs.ts';
import type { ColumnEntry } from './chunks/column-catalog.ts';
import { Column } from './column.ts';
import type { ConvertProgress } from './convert-columns.ts';
import type { ColumnStore, Layout } from './elements/column-store.ts';
import { compressedDType } from './elements/compressed-dtype.ts';
import { ElementCodec } from './elements/element-codec.ts';
import { plainNumbers } from './elements/plain-numbers.ts';
import { recordDType, storedDType } from './elements/record-dtype.ts';
import { recordCodec } from './elements/record-elements.ts';
import { checkExportOptions, type ExportOptions, exportColumns } from './export/export-columns.ts';
import type { Frame } from './frame.ts';
import { columnName, namesOf } from './frame-rules.ts';
import type { FrameSchema } from './frame-types.ts';
import { openFrame } from './open-frame.ts';
import {
  type ColumnOptions,
  type ColumnVaultOptions,
  checkColumnOptions,
  checkNewColumnOptions,
  type LimitsByKind,
  type NewColumnOptions,
  optionsOf,
} from './options.ts';
import { VaultCache } from './pending/vault-cache.ts';
import { ResidentSet } from './resident/resident-set.ts';

/** Typed sequences in one SQLite file, each under a name. */
export class ColumnVault extends CachedVault {
  readonly #connection: Connection;
  readonly #catalog: Catalogs;
  readonly #limits: LimitsByKind;
  readonly #cache: VaultCache;
  readonly #users: TableUsers;

  constructor(source: DatabaseSource, options?: ColumnVaultOptions) {
    const { limits, residentBytes, layout, connection: given } = optionsOf(options);
    const { connection, catalog, cache, users } = openVault(source, given, (connection) => {
      ResidentSet.of(connection).allow(residentBytes);
      const catalog = new Catalogs(connection, layout);
      const users = TableUsers.join(connection, 'col_meta');
      return { connection, catalog, users, cache: new VaultCache(connection) };
    });
    super(connection, cache.writeBack);
    this.#connection = connection;
    this.#catalog = catalog;
    this.#limits = limits;
    this.#cache = cache;
    this.#users = users;
    connection.onClose(() => cache.close());
  }

  /** The layout that new columns get. Columns of the other one are found too. */
  get layout(): Layout {
    return this.#catalog.layout;
  }

  /** Creates an empty column. Throws `InvalidArgument` if the name is taken. */
  createColumn<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewColumnOptions<I>,
  ): Column<D, I, T>;
  createColumn<T>(name: string, dtype: DocumentDType, options?: NewColumnOptions): Column<DocumentDType, 'bigint', T>;
  createColumn<D extends DType, I extends Int64, T>(
    name: string,
    dtype: D,
    options?: NewColumnOptions<I>,
  ): Column<D, I, T> {
    checkName(name);
    const { limits, int64, schema, records, layout, compression } = checkNewColumnOptions(
      'createColumn',
      options,
      this.#limits,
    );
    const plain = records ? recordDType(name, dtype) : undefined;
    const stored = compression ? compressedDType(name, dtype, plain ?? parseDType(dtype).dtype, compression) : plain;
    const into = layout ?? (compression ? '1.x' : this.layout);
    const isBare = into === '1.x';
    const codec = this.#codec<D, I, T>(name, dtype, stored, { int64: int64 as I, schema }, isBare);
    return this.#connection.transaction(() => {
      const parsed = parseDType(dtype);
      const info = stored === undefined ? parsed : { ...parsed, dtype: stored as D };
      this.#catalog.create(name, info, info.isVarsize ? limits.variable : limits.fixed, layout);
      // Everything is read inside the transaction: if it throws, nothing must have changed.
      return this.#column(this.#open(name, into), codec);
    });
  }

  /**
   * Returns the column of this name, and creates it if it does not exist. Throws `InvalidArgument` if it has another
   * dtype.
   */
  ensure<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewColumnOptions<I>,
  ): Column<D, I, T>;
  ensure<T>(name: string, dtype: DocumentDType, options?: NewColumnOptions): Column<DocumentDType, 'bigint', T>;
  ensure<D extends DType, I extends Int64, T>(name: string, dtype: D, options?: NewColumnOptions<I>): Column<D, I, T> {
    checkName(name);
    const { int64, schema, records, layout, compression } = checkNewColumnOptions('ensure', options, this.#limits);
    const wanted = { records, compression };
    const present = () => this.#present<D, I, T>(name, dtype, { int64: int64 as I, schema, layout }, wanted);
    return this.#connection.consistently(() => this.#catalog.open(name, layout))
      ? present()
      : this.#connection.transaction(() =>
          this.#catalog.open(name, layout) ? present() : this.createColumn<D, I, T>(name, dtype, options),
        );
  }

  /**
   * Returns the column of this name. Throws `NotFound` if there is none, and `InvalidArgument` if it has another dtype.
   */
  column<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype?: D,
    options?: ColumnOptions<I>,
  ): Column<D, I, T>;
  column<T>(name: string, dtype: DocumentDType, options?: ColumnOptions): Column<DocumentDType, 'bigint', T>;
  column<D extends DType, I extends Int64, T>(name: string, dtype?: D, options?: ColumnOptions<I>): Column<D, I, T> {
    checkName(name);
    const { int64, schema, layout } = checkColumnOptions('column', options);
    return this.#present<D, I, T>(name, dtype, { int64: int64 as I, schema, layout });
  }

  /** Returns whether there is a column of this name. */
  has(name: string): boolean {
    checkName(name);
    return this.#connection.consistently(() => this.#catalog.has(name));
  }

  /** Returns all columns, in the order of creation. Their `length` counts pending elements too. */
  listColumns(): ColumnEntry[] {
    return this.#connection.consistently(() => {
      const entries = this.#catalog.list();
      const pending = this.#cache.pending.counts();
      return entries.map(({ layout, length, ...entry }) => {
        return { ...entry, length: length + (pending.get(`${layout}\0${entry.name}`) ?? 0) };
      });
    });
  }

  /** Deletes a column, and frees its space for reuse. Returns whether there was such a column. */
  deleteColumn(name: string): boolean {
    checkName(name);
    return this.#connection.transaction(() => {
      const layout = this.#catalog.layoutOf(name);
      // What is pending for a column that others have deleted is forgotten too.
      this.#cache.pending.forget(name, layout);
      return layout !== undefined && this.#catalog.delete(name, layout);
    });
  }

  /**
   * Renames a column. Pending elements are written first. Throws `NotFound` if there is no column `from`, and
   * `InvalidArgument` if the name `to` is taken. A `Column` stays bound to its name: get the renamed one by `column(to)`.
   */
  renameColumn(from: string, to: string): void {
    checkName(from);
    checkName(to);
    this.#connection.transaction(() => {
      const layout = this.#catalog.layoutOf(from);
      if (layout === undefined) throw noColumn(from);
      this.#cache.pending.writeOutOf(from, layout);
      this.#catalog.rename(from, to, layout);
    });
  }

  /**
   * Moves all columns into the tables of a layout, in one transaction, and drops the other tables. Each element is read
   * again and compared. Returns how many columns were moved. Refused while another vault has the columns open.
   */
  convertColumns(layout: Layout, onProgress: (progress: ConvertProgress) => void = () => {}): number {
    checkOptions('convertColumns', { layout }, { layout: rules.oneOf('0.7', '1.x') });
    this.#connection.checkWritable();
    this.#users.refuseOthers('convertColumns', 'the columns');
    return this.#connection.transaction(() => {
      this.#cache.pending.writeOut();
      const limitsOf = ({ isVarsize }: { isVarsize: boolean }) =>
        isVarsize ? this.#limits.variable : this.#limits.fixed;
      return this.#catalog.convert(layout, limitsOf, onProgress);
    });
  }

  /**
   * Deletes all columns with the two tables that hold them, and closes the vault. Refused while another vault has the
   * columns open. The next `ColumnVault` on the file makes the tables again.
   */
  dropTables(): void {
    this.#connection.checkWritable();
    this.#users.refuseOthers('dropTables', 'the columns');
    this.#connection.transaction(() => {
      this.#cache.pending.forgetAll();
      this.#catalog.dropTables();
    });
    this.close();
  }

  /**
   * Returns columns of one length that grow together. Creates those of the schema if there are none; without a schema,
   * opens what is there. Throws `InvalidArgument` if the columns have different lengths or other dtypes.
   */
  frame<const S extends FrameSchema>(name: string, schema: S): Frame<S>;
  frame(name: string): Frame;
  frame<S extends FrameSchema>(name: string, schema?: S): Frame<S> {
    const cache = this.#cache.writeBack;
    return openFrame(
      {
        get isCached() {
          return cache.active;
        },
        transaction: (body) => this.#connection.transaction(body),
        lockCache: (body) => cache.lock(body),
        consistently: (read) => this.#connection.consistently(read),
        names: () => this.#catalog.list().map((entry) => entry.name),
        column: (column, dtype) => this.column(column, dtype) as unknown as Column,
        createColumn: (column, dtype) => this.createColumn(column, dtype) as unknown as Column,
      },
      name,
      schema,
    );
  }

  /** Deletes a frame with its columns. Returns whether there was such a frame. */
  deleteFrame(name: string): boolean {
    checkName(name);
    return this.#connection.transaction(() => {
      const names = namesOf(
        name,
        this.#catalog.list().map((entry) => entry.name),
      );
      for (const own of names) this.deleteColumn(columnName(name, own));
      return names.length > 0;
    });
  }

  /**
   * Returns the bytes of a file with these columns side by side, about a MiB at a time: a heading and a line per row, or
   * an Arrow IPC file. Their lengths must be equal. Run to the end inside `snapshot`, it exports one state of the file.
   */
  exportColumns(names: readonly string[], options: ExportOptions): Generator<Buffer, undefined> {
    const checked = checkExportOptions(options);
    if (!Array.isArray(names) || names.length === 0) {
      throw new InvalidArgument(`exportColumns expects an array of column names, got ${describe(names)}`);
    }
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) {
      throw new InvalidArgument(`exportColumns expects each name once, got ${describe(twice)} twice`);
    }
    const consistently = <R>(read: () => R) => this.#connection.consistently(read);
    return consistently(() => {
      const [first, ...others] = names.map((name) => this.column(name));
      return exportColumns([first as Column, ...others], checked, consistently);
    });
  }

  /** Returns a column that exists. */
  #present<D extends DType, I extends Int64, T>(
    name: string,
    dtype: D | undefined,
    options: ColumnOptions<I>,
    { records, compression }: Pick<NewColumnOptions, 'records' | 'compression'> = {},
  ): Column<D, I, T> {
    const wanted = dtype === undefined ? undefined : parseDType(dtype).dtype;
    const store = this.#open(name, options.layout);
    const found = storedDType(store.dtype);
    const stored = parseDType(found.dtype).dtype;
    if (wanted !== undefined && wanted !== stored) {
      throw new InvalidArgument(`column ${JSON.stringify(name)} has the dtype ${stored}; expected ${wanted}`);
    }
    if (records !== undefined && records !== (found.records !== undefined)) {
      throw new InvalidArgument(
        `column ${JSON.stringify(name)} was created ${found.records ? 'with' : 'without'} records; ` +
          `leave out records: ${records}, or choose another name`,
      );
    }
    if (compression !== undefined && compression !== found.compression) {
      throw new InvalidArgument(
        `column ${JSON.stringify(name)} has ${found.compression ? `the compression '${found.compression}'` : 'no compression'}; ` +
          `leave out compression: '${compression}', or choose another name`,
      );
    }
    const codec = this.#codec<D, I, T>(name, stored as D, store.dtype, options, store.layout === '1.x');
    return this.#column(store, codec);
  }

  /** Returns the codec of a dtype. `stored` is that of the file, which tells of records. */
  #codec<D extends DType, I extends Int64, T>(
    name: string,
    dtype: D,
    stored: string | undefined,
    { int64, schema }: ColumnOptions<I>,
    isBare: boolean,
  ): ElementCodec<D, I, T> {
    const library = stored === undefined ? undefined : storedDType(stored).records;
    const records = library && recordCodec(this.#connection, library);
    return new ElementCodec<D, I, T>(name, dtype, { int64, schema, records, isBare });
  }

  #open(name: string, layout?: Layout): ColumnStore {
    const store = this.#connection.consistently(() => this.#catalog.open(name, layout));
    if (!store) throw noColumn(name);
    return store;
  }

  #column<D extends DType, I extends Int64, T>(store: ColumnStore, codec: ElementCodec<D, I, T>): Column<D, I, T> {
    const { elemSize, kind, element } = codec.info;
    codec.untrusted = this.#connection.shared.untrusted;
    const cache = this.#cache.column(store, { elemSize, element: plainNumbers({ kind, element }) });
    return new Column(this.#connection, cache, codec);
  }
}

function noColumn(name: string): NotFound {
  return new NotFound(`there is no column ${JSON.stringify(name)}; createColumn() or ensure() creates it`);
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || name.includes('\0') || !name.isWellFormed()) {
    throw new InvalidArgument(
      `the column name is ${describe(name)}; expected a non-empty string without NUL and without half a surrogate pair`,
    );
  }
}
