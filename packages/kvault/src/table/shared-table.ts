import { nativeCore } from '@kohakuvault/core-native/internal';
import { type Connection, type SharedConnection, tableKey } from '@kohakuvault/core-native/internal/database';
import { StoredValues } from '../values/stored-values.ts';
import { PendingEntries } from './pending-entries.ts';
import { StoredWrites } from './stored-writes.ts';

/** What all vaults on one connection share of a table: how the core knows it, and what is pending for it. */
export class SharedTable {
  /** What the core knows the table by. */
  readonly number: number;
  readonly values: StoredValues;
  readonly pending: PendingEntries;
  #longest = Number.POSITIVE_INFINITY;

  private constructor(shared: SharedConnection, table: string) {
    this.number = shared.read(() => nativeCore().binding.createKvTable(shared.handle, table));
    this.values = new StoredValues(shared, table);
    this.pending = new PendingEntries(shared, this.number, () => {
      new StoredWrites(shared, this.number, this.values, this.#longest).writePending();
    });
  }

  /** Of several vaults the one that takes values apart the soonest decides how what is pending is written. */
  static of(connection: Connection, table: string, maxBlobBytes: number): SharedTable {
    const made = connection.companion(`table ${tableKey(table)}`, (shared) => new SharedTable(shared, table));
    made.#longest = Math.min(made.#longest, maxBlobBytes);
    return made;
  }
}
