import type {
  PendingWrites,
  SharedConnection,
  TransactionParticipant,
} from '@kohakuvault/core-native/internal/database';
import type { ColumnStore, Layout } from '../elements/column-store.ts';
import { PendingColumn, type PendingTotals } from './pending-column.ts';
import type { ElementFormat } from './pending-elements.ts';

/** The pending elements of all columns of a file, for all vaults on the connection. They follow its transactions. */
export class PendingColumns implements PendingWrites, PendingTotals, TransactionParticipant {
  locks = 0;
  readonly #shared: SharedConnection;
  readonly #columns = new Map<string, PendingColumn>();
  /** The columns that have undo records of the open transactions. */
  readonly #marked = new Set<PendingColumn>();
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
    // A rollback that was not reported yet may have restored some.
    this.#shared.levels.catchUp();
    return this.#count;
  }

  get bytes(): number {
    this.#shared.levels.catchUp();
    return this.#bytes;
  }

  /** The number of open levels of transactions. */
  get depth(): number {
    return this.#depth;
  }

  /** Returns the pending elements of a column. The same name with another dtype is another column. */
  column(store: ColumnStore, format: ElementFormat): PendingColumn {
    const key = `${store.layout}\0${store.dtype}\0${store.name}`;
    let column = this.#columns.get(key);
    if (!column) {
      column = new PendingColumn(this.#shared, this, store, format);
      this.#columns.set(key, column);
    }
    return column;
  }

  /** Drops what is pending for all columns, which are deleted. */
  forgetAll(): void {
    for (const column of this.#columns.values()) column.clear();
  }

  /** Drops what is pending for a column that is deleted. */
  forget(name: string, layout: Layout | undefined): void {
    for (const column of this.#columns.values()) if (isOf(column, name, layout)) column.clear();
  }

  /** Writes what is pending for a column, in the open transaction. */
  writeOutOf(name: string, layout: Layout): void {
    for (const column of this.#columns.values()) if (isOf(column, name, layout)) column.writeOut();
  }

  /** Counts the elements that are pending, by the layouts and names of their columns. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    if (this.count === 0) return counts;
    for (const { store, elements } of this.#columns.values()) {
      const key = `${store.layout}\0${store.name}`;
      if (elements.count > 0) counts.set(key, (counts.get(key) ?? 0) + elements.count);
    }
    return counts;
  }

  hasMarks(column: PendingColumn): void {
    this.#marked.add(column);
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
    for (const column of this.#marked) column.commit(depth);
    this.#end(depth);
  }

  rollback(depth: number): void {
    for (const column of this.#marked) column.rollback(depth);
    this.#end(depth);
  }

  #end(depth: number): void {
    this.#depth = depth - 1;
    if (this.#depth === 0) this.#marked.clear();
  }
}

function isOf({ store }: PendingColumn, name: string, layout: Layout | undefined): boolean {
  return store.name === name && (layout === undefined || store.layout === layout);
}
