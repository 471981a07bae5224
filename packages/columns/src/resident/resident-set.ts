import type { Access } from '@kohakuvault/core-native/internal/database';
import { ResidentColumn } from './resident-column.ts';
import { ResidentData } from './resident-data.ts';
import { Residents } from './residents.ts';

/** What one connection keeps in memory of its columns, for all vaults on it. */
export class ResidentSet {
  readonly #residents = new Residents();
  readonly #columns = new Map<string, Map<string, ResidentColumn>>();
  readonly #data = new Map<string, ResidentData>();

  static of(connection: Access): ResidentSet {
    return connection.companion('resident columns', () => new ResidentSet());
  }

  /** Bytes of elements that may stay in memory. */
  get capacity(): number {
    return this.#residents.capacity;
  }

  /** Of several vaults on one connection the one that allows most decides. */
  allow(bytes: number): void {
    this.#residents.allow(bytes);
  }

  /** The one object for a column of this name and dtype, whatever is known of it: with another dtype it is another column. */
  column(name: string, dtype: string): ResidentColumn {
    const columns = this.#columns.get(name) ?? new Map<string, ResidentColumn>();
    this.#columns.set(name, columns);
    let column = columns.get(dtype);
    if (!column) {
      column = new ResidentColumn(this.#residents);
      columns.set(dtype, column);
    }
    return column;
  }

  /** The same for the data of a column of elements that vary in size. */
  data(name: string): ResidentData {
    let data = this.#data.get(name);
    if (!data) {
      data = new ResidentData(this.#residents);
      this.#data.set(name, data);
    }
    return data;
  }

  /** A column's state for one use, of which nothing is kept. */
  passing(): ResidentColumn {
    return new ResidentColumn(new Residents());
  }

  passingData(): ResidentData {
    return new ResidentData(new Residents());
  }

  /** The column was deleted, or made. */
  changed(name: string): void {
    for (const column of this.#columns.get(name)?.values() ?? []) column.invalidate();
    this.#data.get(name)?.invalidate();
  }
}
