import { type Connection, WriteBack } from '@kohakuvault/core-native/internal/database';
import type { ColumnStore } from '../layout.ts';
import type { PendingColumn } from './pending-column.ts';
import type { PendingElements } from './pending-elements.ts';

/** One vault's settings of when what is pending behind one column's elements is written: the column's own, and the vault's. */
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

  /** Whether what this vault adds waits. */
  get active(): boolean {
    return this.writeBack.active || this.#vault.active;
  }

  /** Adds one number, or refuses what is none or has no room; then the element is to be added as bytes. */
  addNumber(value: unknown, elemSize: number): boolean {
    // Most of the time nothing is near a limit, and what would be done at one need not be asked for.
    if (!this.writeBack.isCalm(elemSize) || !this.#vault.isCalm(elemSize)) return false;
    if (!this.pending.adding().addNumber(value)) return false;
    this.pending.account();
    return true;
  }

  /**
   * Has so many bytes added, and written with everything else where the settings say so; false where they must be written directly.
   * Where it throws, nothing was added.
   */
  add(bytes: number, add: (elements: Pick<PendingElements, 'append'>) => void): boolean {
    const own = this.writeBack.makeRoom(bytes, bytes);
    if (!this.#vault.makeRoom(bytes, bytes) || !own) return false;
    const put = () => {
      add(this.pending.adding());
      this.changed();
    };
    if (this.#vault.isDue(bytes)) this.#vault.addAndWrite(put);
    else if (this.writeBack.isDue(bytes)) this.writeBack.addAndWrite(put);
    else put();
    return true;
  }

  /** To be called after pending elements were changed. */
  changed(): void {
    this.pending.account();
    this.writeBack.added();
    this.#vault.added();
  }
}
