import { DatabaseBusy } from '@kohakuvault/core-native/internal';
import type { PendingWrites, SharedConnection } from '@kohakuvault/core-native/internal/database';
import type { ColumnStore } from '../elements/column-store.ts';
import type { ElementFormat, PendingElements, PendingMark } from './pending-elements.ts';
import { PendingFixed } from './pending-fixed.ts';
import { PendingVariable } from './pending-variable.ts';

/** What the pending elements of one column tell those of all columns, and ask them. */
export interface PendingTotals {
  /** The number of open levels of transactions. */
  readonly depth: number;
  /** Has a column's undo records followed until the transaction ends. */
  hasMarks(column: PendingColumn): void;
  /** Adds to the number and the bytes of all pending elements. */
  account(count: number, bytes: number): void;
}

/** The pending elements of one column, for all vaults on the connection. */
export class PendingColumn implements PendingWrites {
  locks = 0;
  readonly store: ColumnStore;
  readonly #shared: SharedConnection;
  readonly #totals: PendingTotals;
  readonly #elements: PendingElements;
  /** The undo records of the open levels, the outermost first. They are made at the first change inside a level. */
  readonly #marks: PendingMark[] = [];
  /** What `PendingTotals` has counted of it. */
  #count = 0;
  #bytes = 0;
  #generation = 0;
  #isBeingWritten = false;

  constructor(
    shared: SharedConnection,
    totals: PendingTotals,
    store: ColumnStore,
    { elemSize, element }: ElementFormat,
  ) {
    this.store = store;
    this.#shared = shared;
    this.#totals = totals;
    this.#elements = elemSize > 0 ? new PendingFixed(elemSize, element) : new PendingVariable();
  }

  get count(): number {
    return this.elements.count;
  }

  get bytes(): number {
    this.#shared.levels.catchUp();
    return this.#bytes;
  }

  /** The pending elements, for reading. */
  get elements(): Pick<PendingElements, 'count' | 'bytes' | 'read' | 'at'> {
    this.#shared.levels.catchUp();
    return this.#elements;
  }

  /** A number that changes when pending elements may have changed or moved. Adding does not change it. */
  get generation(): number {
    this.#shared.levels.catchUp();
    return this.#generation;
  }

  /** Returns the pending elements, for adding. The caller calls `account` afterwards. */
  adding(): Pick<PendingElements, 'addNumber' | 'append'> {
    if (this.#isBeingWritten) {
      throw new DatabaseBusy(
        `column ${JSON.stringify(this.store.name)} cannot change while its pending elements are written: a function ` +
          'that a trigger calls may only read the column; change it after the statement has ended',
      );
    }
    if (this.#shared.follow() && this.#marks.length < this.#totals.depth) this.#markLevels();
    return this.#elements;
  }

  /** Adds a number without encoding it. Returns the new count; 0 if the value must be encoded or refused. */
  addNumber(value: unknown): number {
    if (!this.adding().addNumber(value)) return 0;
    this.account();
    return this.#count;
  }

  /** Returns the pending elements, for changing. The caller calls `account` afterwards. */
  changing(): PendingElements {
    this.#generation++;
    this.adding();
    return this.#elements;
  }

  /** Reports a change of the pending elements to the totals. */
  account(): void {
    const { count, bytes } = this.#elements;
    this.#totals.account(count - this.#count, bytes - this.#bytes);
    this.#count = count;
    this.#bytes = bytes;
  }

  /** Drops all pending elements. */
  clear(): void {
    if (this.count === 0) return;
    this.changing().clear();
    this.account();
  }

  writeOut(): void {
    if (this.count === 0) return;
    const elements = this.changing();
    this.#isBeingWritten = true;
    try {
      this.store.append(elements.read(0, elements.count));
    } finally {
      this.#isBeingWritten = false;
    }
    elements.clear();
    this.account();
  }

  /** Drops the undo record of a level that was committed. */
  commit(depth: number): void {
    this.#marks.length = Math.min(this.#marks.length, depth - 1);
  }

  /** Restores the pending elements of a level that was rolled back. */
  rollback(depth: number): void {
    const mark = this.#marks[depth - 1];
    if (mark) this.#elements.restore(mark);
    this.#generation++;
    this.commit(depth);
    this.account();
  }

  #markLevels(): void {
    while (this.#marks.length < this.#totals.depth) this.#marks.push(this.#elements.mark());
    this.#totals.hasMarks(this);
  }
}
