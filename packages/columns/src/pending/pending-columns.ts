import type {
  PendingWrites,
  SharedConnection,
  TransactionParticipant,
} from '@kohakuvault/core-native/internal/database';
import type { ElementInfo } from '@kohakuvault/packer';
import type { ColumnStore } from '../layout.ts';
import { PendingColumn } from './pending-column.ts';

/** What is pending in all columns of a file, for all vaults on the connection. It follows the connection's transactions. */
export class PendingColumns implements PendingWrites, TransactionParticipant {
  locks = 0;
  /** The columns of which something changed in the transactions that are open. */
  readonly marked = new Set<PendingColumn>();
  readonly #shared: SharedConnection;
  readonly #columns = new Map<string, PendingColumn>();
  #depth = 0;
  #count = 0;
  #bytes = 0;

  private constructor(shared: SharedConnection) {
    this.#shared = shared;
    shared.addPending(this);
  }

  static of(shared: SharedConnection): PendingColumns {
    return shared.companion('pending columns', () => new PendingColumns(shared));
  }

  get count(): number {
    // A rollback nobody has heard of yet may have brought some back.
    this.#shared.levels.catchUp();
    return this.#count;
  }

  get bytes(): number {
    this.#shared.levels.catchUp();
    return this.#bytes;
  }

  /** How many transactions are open, one in the other. */
  get depth(): number {
    return this.#depth;
  }

  /** One for each column: another dtype makes another column of the same name. */
  column(store: ColumnStore, shape: { elemSize: number; element: ElementInfo | undefined }): PendingColumn {
    const key = `${store.dtype}\0${store.name}`;
    let column = this.#columns.get(key);
    if (!column) {
      column = new PendingColumn(this.#shared, this, store, shape);
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
    this.#shared.levels.catchUp();
    let count = 0;
    for (const column of this.#columns.values()) if (column.store.name === name) count += column.elements.count;
    return count;
  }

  account(count: number, bytes: number): void {
    this.#count += count;
    this.#bytes += bytes;
    this.#shared.noteChange();
  }

  writeOut(): void {
    this.#shared.levels.catchUp();
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

  #end(depth: number): void {
    this.#depth = depth - 1;
    if (this.#depth === 0) this.marked.clear();
  }
}
