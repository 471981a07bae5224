import type { Access, SharedConnection } from '@kohakuvault/core-native/internal/database';
import { BLOCKS, CHUNKS, type ChunkSource, ChunkWatch } from './chunk-watch.ts';
import { ResidentColumn } from './resident-column.ts';
import { ResidentData } from './resident-data.ts';
import { ResidentMemory } from './resident-memory.ts';

/** The resident copies of the columns of one connection, for all vaults on it. */
export class ResidentSet {
  /** Tells which chunks have changed. */
  readonly watch: ChunkWatch;
  /** The pieces in memory, within one limit for both layouts. */
  readonly memory: ResidentMemory;
  readonly #columns = new Map<string, Map<string, ResidentColumn>>();
  readonly #data = new Map<string, ResidentData>();

  private constructor(shared: SharedConnection, source: ChunkSource, memory: ResidentMemory) {
    this.watch = new ChunkWatch(shared, source);
    this.memory = memory;
  }

  static of(connection: Access): ResidentSet {
    return connection.companion('resident columns', (shared) => new ResidentSet(shared, CHUNKS, new ResidentMemory()));
  }

  /** Returns those of the columns in the tables of Python 1.x. */
  static ofBlocks(connection: Access): ResidentSet {
    const { memory } = ResidentSet.of(connection);
    return connection.companion('resident columns of 1.x', (shared) => new ResidentSet(shared, BLOCKS, memory));
  }

  /** The number of bytes that may stay in memory. */
  get capacity(): number {
    return this.memory.capacity;
  }

  /** Raises the limit. The largest limit of the vaults on the connection counts. */
  allow(bytes: number): void {
    this.memory.allow(bytes);
  }

  /** Returns the resident copy of a column. The same name with another dtype is another column. */
  column(name: string, dtype: string): ResidentColumn {
    const columns = this.#columns.get(name) ?? new Map<string, ResidentColumn>();
    this.#columns.set(name, columns);
    let column = columns.get(dtype);
    if (!column) {
      column = new ResidentColumn(this.memory, this.watch);
      columns.set(dtype, column);
    }
    return column;
  }

  /** Returns the resident copy of the data of a column of variable-size elements. */
  data(name: string): ResidentData {
    let data = this.#data.get(name);
    if (!data) {
      data = new ResidentData(this.memory, this.watch);
      this.#data.set(name, data);
    }
    return data;
  }

  /** Returns a column's copy for one use, which is not kept. */
  transient(): ResidentColumn {
    return new ResidentColumn(new ResidentMemory());
  }

  /** Returns the same for the data of a column of variable-size elements. */
  transientData(): ResidentData {
    return new ResidentData(new ResidentMemory());
  }

  /** Drops what is known of all columns. */
  changedAll(): void {
    for (const name of new Set([...this.#columns.keys(), ...this.#data.keys()])) this.changed(name);
  }

  /** Drops what is known of a column that was created or deleted. */
  changed(name: string): void {
    for (const column of this.#columns.get(name)?.values() ?? []) column.invalidate();
    this.#data.get(name)?.invalidate();
  }
}
