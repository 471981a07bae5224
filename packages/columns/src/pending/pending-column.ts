import { DatabaseBusy } from '@kohakuvault/core-native/internal';
import type { PendingWrites, SharedConnection } from '@kohakuvault/core-native/internal/database';
import type { ElementInfo } from '@kohakuvault/packer';
import type { ColumnStore } from '../layout.ts';
import type { PendingColumns } from './pending-columns.ts';
import type { PendingElements, PendingMark } from './pending-elements.ts';
import { PendingFixed } from './pending-fixed.ts';
import { PendingVariable } from './pending-variable.ts';

/** What is pending behind the committed elements of one column, for all vaults on the connection. */
export class PendingColumn implements PendingWrites {
  locks = 0;
  readonly store: ColumnStore;
  readonly #shared: SharedConnection;
  readonly #all: PendingColumns;
  readonly #elements: PendingElements;
  /** How it stood when each of the open transactions began; none are taken before something changes in one. */
  readonly #marks: PendingMark[] = [];
  /** What all columns have counted of it. */
  #count = 0;
  #bytes = 0;
  #generation = 0;
  #isBeingWritten = false;

  constructor(
    shared: SharedConnection,
    all: PendingColumns,
    store: ColumnStore,
    { elemSize, element }: { elemSize: number; element: ElementInfo | undefined },
  ) {
    this.store = store;
    this.#shared = shared;
    this.#all = all;
    this.#elements = elemSize > 0 ? new PendingFixed(elemSize, element) : new PendingVariable();
  }

  get count(): number {
    return this.elements.count;
  }

  get bytes(): number {
    return this.elements.bytes;
  }

  /** What is pending, to be read. */
  get elements(): Omit<PendingElements, 'add' | 'addNumber' | 'append' | 'write' | 'splice' | 'clear' | 'restore'> {
    this.#shared.levels.catchUp();
    return this.#elements;
  }

  /** Moves whenever pending elements may have changed or moved; adding does not move it. */
  get generation(): number {
    this.#shared.levels.catchUp();
    return this.#generation;
  }

  /** What is pending, to be added to; `account` is to be called afterwards. */
  adding(): Pick<PendingElements, 'add' | 'addNumber' | 'append'> {
    if (this.#isBeingWritten) {
      throw new DatabaseBusy(
        `what is pending in column ${JSON.stringify(this.store.name)} is being written: a function that a trigger calls meanwhile may read the ` +
          'column, and must not change it; change it when the statement has ended',
      );
    }
    if (this.#shared.follow() && this.#marks.length < this.#all.depth) this.#markLevels();
    return this.#elements;
  }

  /** What is pending, to be changed; `account` is to be called afterwards. */
  changing(): PendingElements {
    this.#generation++;
    this.adding();
    return this.#elements;
  }

  /** Has all columns count what has changed here. */
  account(): void {
    const { count, bytes } = this.#elements;
    this.#all.account(count - this.#count, bytes - this.#bytes);
    this.#count = count;
    this.#bytes = bytes;
  }

  /** What was to be added is not wanted any more. */
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

  /** The transaction of this depth stays. */
  commit(depth: number): void {
    this.#marks.length = Math.min(this.#marks.length, depth - 1);
  }

  /** The transaction of this depth is undone. */
  rollback(depth: number): void {
    const mark = this.#marks[depth - 1];
    if (mark) this.#elements.restore(mark);
    this.#generation++;
    this.commit(depth);
    this.account();
  }

  #markLevels(): void {
    while (this.#marks.length < this.#all.depth) this.#marks.push(this.#elements.mark());
    this.#all.marked.add(this);
  }
}
