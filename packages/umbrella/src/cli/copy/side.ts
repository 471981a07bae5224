import type { Readable } from 'node:stream';
import type { ColumnBuffers, EncodedBlock } from '@kohakuvault/columns/internal';

/** An entry as it is stored, with the time at which it expires. A value that is too long for memory is left out. */
export interface StoredItem {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
  /** In milliseconds since 1970; undefined if it does not expire. */
  readonly until: number | undefined;
}

/** An entry with its value. */
export interface WholeItem extends StoredItem {
  readonly value: Buffer;
}

/** The entries of one dict, as they are stored. */
export interface Shelf {
  /** Gives all entries in the order of their keys, while others may write. */
  items(): AsyncIterable<StoredItem>;
  setMany(items: readonly WholeItem[]): Promise<unknown>;
  /** The same for keys that were not there a moment ago, which may be faster. */
  addMany(items: readonly WholeItem[]): Promise<unknown>;
  deleteMany(keys: readonly Buffer[]): Promise<unknown>;
  /** Gives the bytes of a long value. */
  read(key: Buffer): Readable;
  put(item: StoredItem, source: Readable): Promise<unknown>;
  size(): Promise<number>;
  /** Returns a key that has more bytes, if a look at the keys alone can tell. */
  keyBeyond?(bytes: number): Buffer | undefined;
  /** The longest key that it takes, in bytes. */
  readonly longestKey?: number;
}

/** A dict, and the encoding of its values. */
export interface NamedDict {
  readonly name: string;
  readonly encoding: string;
}

/** A column, and its dtype. */
export interface NamedColumn {
  readonly name: string;
  readonly dtype: string;
  /** Whether it is a column of records. */
  readonly records?: true;
}

/** The elements of one column, as they are stored. */
export interface ColumnShelf {
  /** The bytes of an element, or 0 if they vary. */
  readonly elemSize: number;
  length(): Promise<number>;
  read(start: number, end: number): Promise<ColumnBuffers>;
  truncate(length: number): Promise<unknown>;
  append(block: EncodedBlock): Promise<unknown>;
}

/** What has rows. */
export type RowKind = 'vectors' | 'texts' | 'documents' | 'jobs';

/** A vault of vectors, texts or documents, or a queue of jobs, and the options that open it. */
export interface NamedRows {
  readonly kind: RowKind;
  readonly name: string;
  readonly encoding: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A vector, a text, a document or a job, as it is stored. */
export interface StoredRow {
  readonly id: bigint | string;
  /** All that it has, for a digest. */
  readonly parts: readonly Buffer[];
  /** The row as the other side takes it. */
  readonly row: unknown;
}

/** The rows of one vault of vectors, texts or documents, or of one queue. */
export interface RowShelf {
  /** Gives all rows, while others may write. */
  rows(): AsyncIterable<StoredRow>;
  /** Returns those of some ids that there are. */
  rowsOf(ids: readonly (bigint | string)[]): Promise<StoredRow[]>;
  /** Writes rows of the other side, in place of those that have their ids: all of them or none. */
  put(rows: readonly StoredRow[]): Promise<unknown>;
  /** The same for ids that were not there a moment ago, which may be faster. */
  add(rows: readonly StoredRow[]): Promise<unknown>;
  deleteMany(ids: readonly (bigint | string)[]): Promise<unknown>;
  size(): Promise<number>;
}

/** A file or a server, from or to which vaults are copied. */
export interface Side extends AsyncDisposable {
  /** How messages call it. */
  readonly shown: string;
  dicts(): Promise<NamedDict[]>;
  /** What it holds that is not copied. */
  others(): Promise<string[]>;
  open(dict: NamedDict): Promise<Shelf>;
  columns(): Promise<NamedColumn[]>;
  /** Opens a column, and makes it if it is missing. */
  openColumn(column: NamedColumn): Promise<ColumnShelf>;
  /** The vaults of vectors, texts and documents, and the queues. */
  rowTables(): Promise<NamedRows[]>;
  /** Opens such a vault, and makes its tables if they are missing. */
  openRows(table: NamedRows): Promise<RowShelf>;
}

/** The longest value that is copied through memory. */
export const LONG_VALUE = 256 * 1024;
