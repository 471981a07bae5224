import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import { type DType, type DTypeInfo, parseDType } from '@kohakuvault/packer';
import type { ColumnEntry } from '../chunks/column-catalog.ts';
import { FixedStore } from '../chunks/fixed/fixed-store.ts';
import { bareBytes } from '../elements/bare-vectors.ts';
import type { ColumnStore } from '../elements/column-store.ts';
import { plainNumbers } from '../elements/plain-numbers.ts';
import { storedDType } from '../elements/record-dtype.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import { type ChunkLimits, LARGEST_CHUNK } from '../tables/limits.ts';
import { FILL_BYTES } from './block-changes.ts';
import { BlockStore } from './block-store.ts';
import { BlockTables, growingBytes } from './block-tables.ts';
import { EvenBlockStore } from './even-block-store.ts';
import { ResidentBlocks } from './resident-blocks.ts';
import { Sealing } from './sealing.ts';

/** Blocks grow up to this, unless the user wants another limit. */
const MOST_BYTES = 256 * 1024;

/** The columns of one file, in the tables of Python 1.x. */
export class BlockCatalog {
  readonly #connection: Access;
  readonly #tables: BlockTables;

  private constructor(connection: Access) {
    this.#connection = connection;
    this.#tables = new BlockTables(connection);
  }

  static of(connection: Access): BlockCatalog {
    return connection.companion('block catalog', (shared) => new BlockCatalog(shared));
  }

  get present(): boolean {
    return this.#tables.present;
  }

  createTables(): void {
    this.#tables.createTables();
  }

  /** Lists the columns, in the order of creation. */
  list(): ColumnEntry[] {
    return this.#tables.list().map(([id, name, dtype, length]) => {
      if (name === null || dtype === null) {
        throw new CorruptData(
          `row ${id} of kvault_col_columns is damaged: its ${name === null ? 'name' : 'dtype'} is NULL`,
        );
      }
      const isPossible = Number.isSafeInteger(length) && (length as number) >= 0;
      const { dtype: shown, compression, records } = storedDType(dtype);
      return {
        name,
        dtype: shown as DType,
        length: isPossible ? (length as number) : Number.NaN,
        ...(compression && { compression }),
        ...(records && { records: true }),
      };
    });
  }

  has(name: string): boolean {
    return this.#tables.find(name) !== undefined;
  }

  /** Returns the store of a column, or undefined if there is no such column. */
  open(name: string): ColumnStore | undefined {
    const row = this.#tables.find(name);
    if (!row) return undefined;
    const { isVarsize, elemSize, kind, element } = this.#dtypeOf(row);
    const sealing = Sealing.of(row.dtype);
    if (sealing) {
      const blocks = new BlockStore(this.#connection, this.#tables, name, row.dtype, sealing);
      return isVarsize ? blocks : new EvenBlockStore(this.#connection, blocks, elemSize);
    }
    if (isVarsize !== (row.elemSize === 0)) {
      throw new CorruptData(
        `column ${JSON.stringify(name)} of ${row.dtype} has elements of ${row.elemSize} bytes; expected ${elemSize}`,
      );
    }
    if (isVarsize) return new BlockStore(this.#connection, this.#tables, name, row.dtype);
    const numbers = plainNumbers({ kind, element });
    const expected = { dtype: row.dtype, elemSize, element: numbers, layout: '1.x' as const };
    return new FixedStore(this.#connection, this.#tables, name, expected, ResidentSet.ofBlocks(this.#connection));
  }

  /** Creates an empty column. Throws `InvalidArgument` if the name is taken. */
  create(name: string, info: DTypeInfo, { minChunkBytes, maxChunkBytes }: ChunkLimits): void {
    this.#connection.transaction(() => {
      this.#checkFree(name);
      // The blocks of a compressed column have any number of elements, as those of elements that vary.
      const elemSize = Sealing.of(info.dtype) ? 0 : bareBytes(info);
      if (elemSize > LARGEST_CHUNK) {
        throw new InvalidArgument(
          `column ${JSON.stringify(name)}: an element of ${info.dtype} takes ${elemSize} bytes; a file holds at most ` +
            `${LARGEST_CHUNK} in one`,
        );
      }
      // Python makes blocks of this length. Ours of elements that vary in size have the length that they need.
      const fixed = maxChunkBytes === MOST_BYTES ? growingBytes(Math.max(minChunkBytes, elemSize)) : maxChunkBytes;
      const blockBytes = elemSize === 0 ? Math.min(maxChunkBytes, FILL_BYTES) : Math.max(fixed, elemSize);
      this.#tables.create({ name, dtype: info.dtype, elemSize, blockBytes });
      this.#changed(name);
    });
  }

  /** Deletes a column. Returns whether there was such a column. */
  delete(name: string): boolean {
    return this.#connection.transaction(() => {
      const row = this.#tables.find(name);
      if (row) this.#tables.drop(row.id);
      this.#changed(name);
      return row !== undefined;
    });
  }

  /** Renames a column. Returns whether there was such a column. */
  rename(from: string, to: string): boolean {
    return this.#connection.transaction(() => {
      const row = this.#tables.find(from);
      if (!row) return false;
      if (from === to) return true;
      this.#checkFree(to);
      this.#tables.rename(row.id, to);
      this.#changed(from);
      this.#changed(to);
      return true;
    });
  }

  dropTables(): void {
    this.#tables.dropTables();
    ResidentSet.ofBlocks(this.#connection).changedAll();
  }

  #checkFree(name: string): void {
    if (this.#tables.find(name) === undefined) return;
    throw new InvalidArgument(
      `column ${JSON.stringify(name)} exists already; open it with column() or ensure(), or choose another name`,
    );
  }

  #changed(name: string): void {
    ResidentSet.ofBlocks(this.#connection).changed(name);
    ResidentBlocks.of(this.#connection, name).invalidate();
  }

  #dtypeOf(row: { name: string; dtype: string }): DTypeInfo {
    try {
      const info = parseDType(storedDType(row.dtype).dtype);
      return { ...info, elemSize: bareBytes(info) };
    } catch (cause) {
      throw new CorruptData(
        `column ${JSON.stringify(row.name)} has the dtype ${JSON.stringify(row.dtype)}, which this release does not know: ${
          (cause as Error).message
        }`,
        { cause },
      );
    }
  }
}
