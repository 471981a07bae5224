import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import { type DTypeInfo, parseDType } from '@kohakuvault/packer';
import type { ChunkLimits, ColumnEntry, ColumnLayout, ColumnStore } from '../layout.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import { FixedStore } from './fixed-store.ts';
import { alignedLimits } from './limits.ts';
import { LegacyTables, type MetaRow } from './tables.ts';
import { ENTRY_BYTES, INDEX_DTYPE } from './variable/index-entries.ts';
import { VariableStore } from './variable/variable-store.ts';

/** The rows that make one column of elements that vary in size. */
const DATA = '_data';
const INDEX = '_idx';

/** The tables of the Python package 0.4 to 0.9. */
export class LegacyLayout implements ColumnLayout {
  readonly #connection: Access;
  readonly #tables: LegacyTables;
  readonly #residents: ResidentSet;

  private constructor(connection: Access) {
    this.#connection = connection;
    this.#tables = new LegacyTables(connection);
    this.#residents = ResidentSet.of(connection);
  }

  /** The one of a connection, and its tables, made where they are missing. */
  static of(connection: Access): LegacyLayout {
    const layout = connection.companion('column layout', (shared) => new LegacyLayout(shared));
    if (!connection.readonly) layout.#tables.make();
    return layout;
  }

  list(): ColumnEntry[] {
    const rows = this.#tables.list();
    for (const { id, name, dtype } of rows) {
      // Neither can be: they are NULL where pages are damaged, and the column there would go missing.
      if (name === null || dtype === null) {
        throw new CorruptData(`row ${id} of col_meta is damaged: its ${name === null ? 'name' : 'dtype'} is NULL`);
      }
    }
    const byName = new Map(rows.map((row) => [row.name, row]));
    const entries = new Map<string, ColumnEntry>();
    for (const row of rows) {
      const whole = wholeOf(row.name);
      const data = byName.get(whole + DATA);
      const index = byName.get(whole + INDEX);
      if (whole !== '' && isPair(data, index)) {
        entries.set(whole, { name: whole, dtype: (data as MetaRow).dtype, length: lengthOf(index) });
      } else if (!isPair(byName.get(row.name + DATA), byName.get(row.name + INDEX))) {
        entries.set(row.name, { name: row.name, dtype: row.dtype, length: lengthOf(row) });
      }
    }
    return [...entries.values()];
  }

  open(name: string): ColumnStore | undefined {
    const pair = this.#pair(name);
    if (pair) {
      if (!this.#dtypeOf(pair.data, name).isVarsize) {
        throw new CorruptData(
          `column ${JSON.stringify(name)} is of ${pair.data.dtype}, whose elements are of one size, and kept as if they varied`,
        );
      }
      return new VariableStore(this.#connection, this.#tables, name, pair.data.dtype);
    }
    const row = this.#plain(name);
    if (!row) return undefined;
    const info = this.#dtypeOf(row);
    if (info.isVarsize) {
      throw new CorruptData(
        `column ${JSON.stringify(name)} is the data of one of ${row.dtype} whose other half is missing: deleteColumn removes it`,
      );
    }
    const { dtype, elemSize, kind, element } = { ...info, dtype: row.dtype };
    return new FixedStore(this.#connection, this.#tables, name, {
      dtype,
      elemSize,
      element: kind === 'scalar' ? element : undefined,
    });
  }

  create(name: string, info: DTypeInfo, limits: ChunkLimits): void {
    this.#connection.transaction(() => {
      this.#checkFree(name, info.isVarsize);
      if (info.isVarsize) {
        const { minChunk, maxChunk } = alignedLimits(limits, ENTRY_BYTES);
        // Python reaches into the index with the data's limit, so both must be the same.
        const data = { name: name + DATA, dtype: info.dtype, elemSize: 1, maxChunk };
        this.#tables.create({ ...data, minChunk: Math.min(limits.minChunkBytes, maxChunk) });
        this.#tables.create({ name: name + INDEX, dtype: INDEX_DTYPE, elemSize: ENTRY_BYTES, minChunk, maxChunk });
      } else {
        const { dtype, elemSize } = info;
        this.#tables.create({ name, dtype, elemSize, ...alignedLimits(limits, elemSize) });
      }
      this.#changed(name);
    });
  }

  delete(name: string): boolean {
    return this.#connection.transaction(() => {
      const pair = this.#pair(name);
      const rows = pair ? [pair.data, pair.index] : [this.#plain(name)];
      for (const row of rows) if (row) this.#tables.drop(row.id);
      this.#changed(name);
      return rows[0] !== undefined;
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

  /** The row of this name, unless it is a part of another column. */
  #plain(name: string): MetaRow | undefined {
    const row = this.#tables.find(name);
    const whole = wholeOf(name);
    return row && whole !== '' && this.#pair(whole) ? undefined : row;
  }

  #dtypeOf(row: MetaRow, name = row.name): DTypeInfo {
    try {
      return parseDType(row.dtype);
    } catch (cause) {
      throw new CorruptData(
        `column ${JSON.stringify(name)} is of the dtype ${JSON.stringify(row.dtype)}, which this release does not know: ${
          (cause as Error).message
        }`,
        { cause },
      );
    }
  }

  /** Neither taken, nor such that Python would take two columns for one. */
  #checkFree(name: string, isVarsize: boolean): void {
    const shown = JSON.stringify(name);
    const whole = wholeOf(name);
    if (whole !== '' && this.#pair(whole)) {
      throw new InvalidArgument(
        `column ${shown}: the name is that of a part of ${JSON.stringify(whole)}; choose another`,
      );
    }
    if (this.#tables.find(name) || this.#pair(name)) {
      throw new InvalidArgument(
        `column ${shown} exists already: take it with column() or ensure(), or choose another name`,
      );
    }
    const rows = isVarsize ? [name + DATA, name + INDEX] : [];
    if (!isVarsize && whole !== '') rows.push(name.endsWith(DATA) ? whole + INDEX : whole + DATA);
    const clash = rows.find((row) => this.#tables.find(row));
    if (clash !== undefined) {
      throw new InvalidArgument(
        `column ${shown} cannot be beside ${JSON.stringify(clash)}: one of varying size is kept as <name>_data and ` +
          '<name>_idx, and they would be taken for that. Choose another name',
      );
    }
  }
}

/** The number of elements; NaN where the file says none that could be. */
function lengthOf({ length }: MetaRow): number {
  return Number.isSafeInteger(length) && length >= 0 ? length : Number.NaN;
}

/** The column that a row of this name would be a part of; empty where it cannot be one. */
function wholeOf(name: string): string {
  for (const end of [DATA, INDEX])
    if (name.length > end.length && name.endsWith(end)) return name.slice(0, -end.length);
  return '';
}

/** Whether two rows are a column of elements that vary in size, and not two columns that happen to be called so. */
function isPair(data: MetaRow | undefined, index: MetaRow | undefined): index is MetaRow {
  // By the dtype alone, which no column of a user's has: a size that is damaged must not make two columns of one.
  return data !== undefined && index?.dtype === INDEX_DTYPE;
}
