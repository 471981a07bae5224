import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import { type DType, type DTypeInfo, parseDType } from '@kohakuvault/packer';
import type { ColumnStore } from '../elements/column-store.ts';
import type { Compression } from '../elements/compression.ts';
import { plainNumbers } from '../elements/plain-numbers.ts';
import { storedDType } from '../elements/record-dtype.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import { ChunkTables } from '../tables/chunk-tables.ts';
import { alignedLimits, type ChunkLimits, LARGEST_CHUNK } from '../tables/limits.ts';
import type { ListedRow, MetaRow } from '../tables/rows.ts';
import { FixedStore } from './fixed/fixed-store.ts';
import { ENTRY_BYTES, INDEX_DTYPE } from './variable/index-entries.ts';
import { DATA, INDEX } from './variable/part-names.ts';
import { VariableStore } from './variable/variable-store.ts';

export interface ColumnEntry {
  readonly name: string;
  /** The dtype in the spelling that the file has. Files of other software may have one that `column` refuses. */
  readonly dtype: DType;
  /** The number of elements; NaN if the file is damaged there. */
  readonly length: number;
  /** How its elements are compressed. Columns without compression do not have the property. */
  readonly compression?: Compression;
  /** Whether the keys of its objects are stored once in the file. Other columns do not have the property. */
  readonly records?: true;
}

/** The columns of one file, in the tables of the Python package 0.4 to 0.9. */
export class ColumnCatalog {
  readonly #connection: Access;
  readonly #tables: ChunkTables;
  readonly #residents: ResidentSet;

  private constructor(connection: Access) {
    this.#connection = connection;
    this.#tables = new ChunkTables(connection);
    this.#residents = ResidentSet.of(connection);
  }

  /** Returns the catalog of a connection. */
  static of(connection: Access): ColumnCatalog {
    return connection.companion('column catalog', (shared) => new ColumnCatalog(shared));
  }

  get present(): boolean {
    return this.#tables.present;
  }

  /** Creates the tables if they do not exist. */
  createTables(): void {
    this.#tables.createTables();
  }

  /** Lists the columns that users see, in the order of creation. */
  list(): ColumnEntry[] {
    const rows = this.#tables.list().map(checkListed);
    const pairs = pairsOf(rows);
    if (pairs.size === 0) return rows;
    const hidden = new Set([...pairs.values()].map(({ name }) => name));
    const listed = new Set<ColumnEntry>();
    const entries: ColumnEntry[] = [];
    for (const row of rows) {
      const whole = pairs.get(row);
      if (!whole) {
        // A column of variable-size elements hides the other one of its name, as in Python.
        if (!hidden.has(row.name)) entries.push(row);
      } else if (!listed.has(whole)) {
        listed.add(whole);
        entries.push(whole);
      }
    }
    return entries;
  }

  /** Returns whether there is a column of this name. */
  has(name: string): boolean {
    const row = this.#pair(name)?.data ?? this.#plain(name);
    // A damaged row may be the one: the list throws then.
    return row?.dtype ? true : this.list().some((entry) => entry.name === name);
  }

  /** Returns the store of a column, or undefined if there is no such column. */
  open(name: string): ColumnStore | undefined {
    const pair = this.#pair(name);
    if (pair) {
      if (!this.#dtypeOf(pair.data, name).isVarsize) {
        throw new CorruptData(
          `column ${JSON.stringify(name)} has the fixed-size dtype ${pair.data.dtype}, but also has an element index`,
        );
      }
      return new VariableStore(this.#connection, this.#tables, name, pair.data.dtype);
    }
    const row = this.#plain(name);
    if (!row) return undefined;
    const info = this.#dtypeOf(row);
    if (info.isVarsize) {
      throw new CorruptData(
        `column ${JSON.stringify(name)} is the data of a ${row.dtype} column whose element index is missing; ` +
          'deleteColumn removes it',
      );
    }
    const { dtype, elemSize, kind, element } = { ...info, dtype: row.dtype };
    return new FixedStore(this.#connection, this.#tables, name, {
      dtype,
      elemSize,
      element: plainNumbers({ kind, element }),
    });
  }

  /** Creates an empty column. Throws `InvalidArgument` if the name is taken or would clash with another column. */
  create(name: string, info: DTypeInfo, limits: ChunkLimits): void {
    this.#connection.transaction(() => {
      this.#checkFree(name, info.isVarsize);
      if (info.isVarsize) {
        const { minChunk, maxChunk } = alignedLimits(limits, ENTRY_BYTES);
        // Python uses the limit of the data for the index too, so both must be the same.
        const data = { name: name + DATA, dtype: info.dtype, elemSize: 1, maxChunk };
        this.#tables.create({ ...data, minChunk: Math.min(limits.minChunkBytes, maxChunk) });
        this.#tables.create({ name: name + INDEX, dtype: INDEX_DTYPE, elemSize: ENTRY_BYTES, minChunk, maxChunk });
      } else {
        const { dtype, elemSize } = info;
        if (elemSize > LARGEST_CHUNK) {
          throw new InvalidArgument(
            `column ${JSON.stringify(name)}: an element of ${dtype} takes ${elemSize} bytes; a file holds at most ` +
              `${LARGEST_CHUNK} in one`,
          );
        }
        this.#tables.create({ name, dtype, elemSize, ...alignedLimits(limits, elemSize) });
      }
      this.#changed(name);
    });
  }

  /** Deletes a column, and frees its space for reuse. Returns whether there was such a column. */
  delete(name: string): boolean {
    return this.#connection.transaction(() => {
      const pair = this.#pair(name);
      const rows = pair ? [pair.data, pair.index] : [this.#plain(name)];
      for (const row of rows) if (row) this.#tables.drop(row.id);
      this.#changed(name);
      return rows[0] !== undefined;
    });
  }

  /**
   * Renames a column. Returns whether there was such a column. Throws `InvalidArgument` if the new name is taken or
   * would clash with another column.
   */
  rename(from: string, to: string): boolean {
    return this.#connection.transaction(() => {
      const pair = this.#pair(from);
      const plain = pair ? undefined : this.#plain(from);
      if (!pair && !plain) return false;
      if (from === to) return true;
      this.#checkFree(to, pair !== undefined, from);
      if (pair) {
        this.#tables.rename(pair.data.id, to + DATA);
        this.#tables.rename(pair.index.id, to + INDEX);
      } else if (plain) {
        this.#tables.rename(plain.id, to);
      }
      this.#changed(from);
      this.#changed(to);
      return true;
    });
  }

  /** Deletes all columns, and the tables that hold them. */
  dropTables(): void {
    this.#connection.transaction(() => {
      this.#tables.dropTables();
      this.#residents.changedAll();
    });
  }

  #changed(name: string): void {
    for (const end of ['', DATA, INDEX]) this.#residents.changed(name + end);
  }

  #pair(name: string): { data: MetaRow; index: MetaRow } | undefined {
    const data = this.#tables.find(name + DATA);
    const index = data && this.#tables.find(name + INDEX);
    return isPair(data, index) ? { data: data as MetaRow, index } : undefined;
  }

  /** Returns the row of this name, unless it is a part of another column. */
  #plain(name: string): MetaRow | undefined {
    const row = this.#tables.find(name);
    const whole = wholeOf(name);
    return row && whole !== '' && this.#pair(whole) ? undefined : row;
  }

  #dtypeOf(row: MetaRow, name = row.name): DTypeInfo {
    try {
      // Only the other tables have compressed columns.
      const { dtype, compression } = storedDType(row.dtype);
      return parseDType(compression ? row.dtype : dtype);
    } catch (cause) {
      throw new CorruptData(
        `column ${JSON.stringify(name)} has the dtype ${JSON.stringify(row.dtype)}, which this release does not know: ${
          (cause as Error).message
        }`,
        { cause },
      );
    }
  }

  /**
   * Throws if the name is taken, or if Python would mistake two columns for one. The rows of the column `own`, which is
   * to have the name, do not count.
   */
  #checkFree(name: string, isVarsize: boolean, own?: string): void {
    const shown = JSON.stringify(name);
    const whole = wholeOf(name);
    const ownRows = own === undefined ? [] : isVarsize ? [own + DATA, own + INDEX] : [own];
    const isTaken = (row: string) => !ownRows.includes(row) && this.#tables.find(row) !== undefined;
    if (whole !== '' && whole !== own && this.#pair(whole)) {
      throw new InvalidArgument(
        `column ${shown}: the name belongs to a part of column ${JSON.stringify(whole)}; choose another name`,
      );
    }
    if (isTaken(name) || this.#pair(name)) {
      throw new InvalidArgument(
        `column ${shown} exists already; open it with column() or ensure(), or choose another name`,
      );
    }
    const rows = isVarsize ? [name + DATA, name + INDEX] : [];
    if (!isVarsize && whole !== '') rows.push(name.endsWith(DATA) ? whole + INDEX : whole + DATA);
    const clash = rows.find(isTaken);
    if (clash !== undefined) {
      throw new InvalidArgument(
        `column ${shown} cannot exist beside ${JSON.stringify(clash)}: columns of variable-size elements are stored ` +
          'as <name>_data and <name>_idx, and the two would look like one; choose another name',
      );
    }
  }
}

/** Returns what a list shows of a row, if it is a column of its own. */
function checkListed([id, name, dtype, length]: ListedRow): ColumnEntry {
  if (name === null || dtype === null) {
    // Damaged pages cause this. Without the check the column would silently be missing from the list.
    throw new CorruptData(`row ${id} of col_meta is damaged: its ${name === null ? 'name' : 'dtype'} is NULL`);
  }
  const isPossible = Number.isSafeInteger(length) && (length as number) >= 0;
  return { name, dtype: dtype as DType, length: isPossible ? (length as number) : Number.NaN };
}

/** Returns the columns of variable-size elements among the rows of a file, each by both its rows. */
function pairsOf(rows: readonly ColumnEntry[]): ReadonlyMap<ColumnEntry, ColumnEntry> {
  const pairs = new Map<ColumnEntry, ColumnEntry>();
  const indexes = rows.filter(({ name, dtype }) => dtype === (INDEX_DTYPE as string) && name.endsWith(INDEX));
  if (indexes.length === 0) return pairs;
  const dataOf = new Map(rows.filter(({ name }) => name.endsWith(DATA)).map((row) => [wholeOf(row.name), row]));
  for (const index of indexes) {
    const name = wholeOf(index.name);
    const data = dataOf.get(name);
    if (name === '' || !data) continue;
    const { dtype, records } = storedDType(data.dtype);
    const whole = { name, dtype: dtype as DType, length: index.length, ...(records && ({ records: true } as const)) };
    pairs.set(data, whole).set(index, whole);
  }
  return pairs;
}

/** Returns the column that a row of this name would be a part of, or an empty string. */
function wholeOf(name: string): string {
  for (const end of [DATA, INDEX])
    if (name.length > end.length && name.endsWith(end)) return name.slice(0, -end.length);
  return '';
}

/** Returns whether two rows are one column of variable-size elements, and not two columns with such names. */
function isPair(data: MetaRow | undefined, index: MetaRow | undefined): index is MetaRow {
  // The dtype alone decides. No user's column has it, and a damaged size must not turn one column into two.
  return data !== undefined && index?.dtype === INDEX_DTYPE;
}
