import { type Connection, type PendingWrites, WriteBack } from '@kohakuvault/core-native/database';
import type { ColumnCache } from './column-cache.ts';

/** What waits in all columns of one vault. */
export class VaultCache implements PendingWrites {
  readonly back: WriteBack;
  /** The columns of which something changed in the transactions that are open. */
  readonly marked = new Set<ColumnCache>();
  readonly #columns = new Map<string, ColumnCache>();
  #depth = 0;
  #count = 0;
  #bytes = 0;

  constructor(connection: Connection) {
    this.back = new WriteBack(connection, this, 'ColumnVault');
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many transactions are open, one in the other. */
  get depth(): number {
    return this.#depth;
  }

  /** One cache for each column: another dtype makes another column of the same name. */
  column(name: string, dtype: string, make: () => ColumnCache): ColumnCache {
    const key = `${dtype}\0${name}`;
    let column = this.#columns.get(key);
    if (!column) {
      column = make();
      this.#columns.set(key, column);
    }
    return column;
  }

  /** The column is gone, and with it what was to be added to it. */
  forget(name: string): void {
    for (const column of this.#columns.values()) if (column.store.name === name) column.clear();
  }

  /** How many elements wait to be added to the columns of this name. */
  pendingOf(name: string): number {
    let count = 0;
    for (const column of this.#columns.values()) if (column.store.name === name) count += column.elements.count;
    return count;
  }

  account(count: number, bytes: number): void {
    this.#count += count;
    this.#bytes += bytes;
  }

  writeOut(): void {
    for (const column of this.#columns.values()) column.writeOut();
  }

  begin(depth: number): void {
    this.#depth = depth;
  }

  commit(depth: number): void {
    for (const column of this.marked) column.commit(depth);
    this.#end(depth);
  }

  rollback(depth: number): void {
    for (const column of this.marked) column.rollback(depth);
    this.#end(depth);
  }

  /** Before the connection closes. */
  close(): void {
    this.back.close();
    for (const column of this.#columns.values()) column.close();
  }

  #end(depth: number): void {
    this.#depth = depth - 1;
    if (this.#depth === 0) this.marked.clear();
  }
}
