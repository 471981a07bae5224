import { type Connection, WriteBack } from '@kohakuvault/core-native/internal/database';
import type { ColumnStore } from '../elements/column-store.ts';
import type { EncodedBlock } from '../elements/encoded-block.ts';
import type { PendingColumn } from './pending-column.ts';

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

  /**
   * Adds a number without encoding it. Returns how many elements are pending then; 0 if nothing was added, because the
   * element must be added as bytes.
   */
  addNumber(value: unknown, elemSize: number): number {
    // Usually no limit is near, and then there is nothing else to do.
    const isFarFromLimits = this.writeBack.canJustAdd(elemSize) && this.#vault.canJustAdd(elemSize);
    return isFarFromLimits ? this.pending.addNumber(value) : 0;
  }

  /**
   * Adds elements, and flushes if the settings demand it. Returns false if the elements must be written directly. If it
   * throws, nothing was added.
   */
  append(block: EncodedBlock): boolean {
    const bytes = block.data.length;
    const hasRoom = this.writeBack.makeRoom(bytes, bytes);
    if (!this.#vault.makeRoom(bytes, bytes) || !hasRoom) return false;
    if (this.#vault.isDue(bytes)) this.#vault.addAndWrite(() => this.#append(block));
    else if (this.writeBack.isDue(bytes)) this.writeBack.addAndWrite(() => this.#append(block));
    else this.#append(block);
    return true;
  }

  #append(block: EncodedBlock): void {
    this.pending.adding().append(block);
    this.changed();
  }

  /** Takes note of changed pending elements. */
  changed(): void {
    this.pending.account();
    this.writeBack.added();
    this.#vault.added();
  }
}
