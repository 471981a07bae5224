import { type Connection, WriteBack } from '@kohakuvault/core-native/internal/database';
import type { ColumnStore } from '../elements/column-store.ts';
import type { PendingColumn } from './pending-column.ts';
import type { PendingElements } from './pending-elements.ts';

/** The write-back cache of one column in one vault. The settings of the column and those of the vault both apply. */
export class ColumnCache {
  readonly pending: PendingColumn;
  /** The column's own settings. */
  readonly writeBack: WriteBack;
  readonly #vault: WriteBack;

  constructor(connection: Connection, vault: WriteBack, pending: PendingColumn) {
    this.pending = pending;
    this.#vault = vault;
    this.writeBack = new WriteBack(connection, pending, `column ${JSON.stringify(pending.store.name)}`, vault);
  }

  get store(): ColumnStore {
    return this.pending.store;
  }

  /** Whether additions become pending instead of being written. */
  get active(): boolean {
    return this.writeBack.active || this.#vault.active;
  }

  /** Adds a number without encoding it. Returns false, and adds nothing, if the element must be added as bytes. */
  addNumber(value: unknown, elemSize: number): boolean {
    // Usually no limit is near, and then there is nothing else to do.
    if (!this.writeBack.isCalm(elemSize) || !this.#vault.isCalm(elemSize)) return false;
    if (!this.pending.adding().addNumber(value)) return false;
    this.pending.account();
    return true;
  }

  /**
   * Calls `add`, which adds so many bytes, and flushes if the settings demand it. Returns false if the elements must be
   * written directly. If it throws, nothing was added.
   */
  add(bytes: number, add: (elements: Pick<PendingElements, 'append'>) => void): boolean {
    const own = this.writeBack.makeRoom(bytes, bytes);
    if (!this.#vault.makeRoom(bytes, bytes) || !own) return false;
    const addAll = () => {
      add(this.pending.adding());
      this.changed();
    };
    if (this.#vault.isDue(bytes)) this.#vault.addAndWrite(addAll);
    else if (this.writeBack.isDue(bytes)) this.writeBack.addAndWrite(addAll);
    else addAll();
    return true;
  }

  /** Takes note of changed pending elements. */
  changed(): void {
    this.pending.account();
    this.writeBack.added();
    this.#vault.added();
  }
}
