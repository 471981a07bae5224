import { type CacheOptions, type Connection, type PendingWrites, WriteBack } from '@kohakuvault/core-native/database';
import type { ElementInfo } from '@kohakuvault/packer';
import type { ColumnStore } from '../layout.ts';
import type { PendingElements, PendingMark } from './pending-elements.ts';
import { PendingFixed } from './pending-fixed.ts';
import { PendingVariable } from './pending-variable.ts';
import type { VaultCache } from './vault-cache.ts';

/** What waits behind the committed elements of one column, for every `Column` of one vault. */
export class ColumnCache implements PendingWrites {
  readonly store: ColumnStore;
  readonly #vault: VaultCache;
  readonly #elements: PendingElements;
  readonly #back: WriteBack;
  /** How it stood when each of the open transactions began; none are taken before something changes in one. */
  readonly #marks: PendingMark[] = [];
  /** What the vault has counted of it. */
  #count = 0;
  #bytes = 0;
  #generation = 0;

  constructor(
    connection: Connection,
    vault: VaultCache,
    store: ColumnStore,
    { elemSize, element }: { elemSize: number; element: ElementInfo | undefined },
  ) {
    this.store = store;
    this.#vault = vault;
    this.#elements = elemSize > 0 ? new PendingFixed(elemSize, element) : new PendingVariable();
    this.#back = new WriteBack(connection, this, `column ${JSON.stringify(store.name)}`, vault.back);
  }

  get count(): number {
    return this.#elements.count;
  }

  get bytes(): number {
    return this.#elements.bytes;
  }

  /** Whether what is added waits. */
  get active(): boolean {
    return this.#back.active || this.#vault.back.capBytes !== undefined;
  }

  /** What waits, to be read. */
  get elements(): Omit<PendingElements, 'add' | 'addNumber' | 'append' | 'write' | 'splice' | 'clear' | 'restore'> {
    return this.#elements;
  }

  /** Moves whenever pending elements may have changed or moved; adding does not move it. */
  get generation(): number {
    return this.#generation;
  }

  /** Adds one number, or refuses what is none or has no room; then the element is to be added as bytes. */
  addNumber(value: unknown, elemSize: number): boolean {
    // Most of the time nothing is near a limit, and what would be done at one need not be asked for.
    if (this.#back.isCalm(elemSize) && this.#vault.back.isCalm(elemSize)) {
      if (!this.adding().addNumber(value)) return false;
      this.#account();
      return true;
    }
    if (!this.makeRoom(elemSize) || !this.adding().addNumber(value)) return false;
    this.changed();
    return true;
  }

  /** What waits, to be added to; `changed` is to be called afterwards. */
  adding(): Pick<PendingElements, 'add' | 'addNumber' | 'append'> {
    if (this.#marks.length < this.#vault.depth) this.#markLevels();
    return this.#elements;
  }

  /** What waits, to be changed; `changed` is to be called afterwards. */
  changing(): PendingElements {
    this.#generation++;
    if (this.#marks.length < this.#vault.depth) this.#markLevels();
    return this.#elements;
  }

  /** Flushes where the settings say so. */
  changed(): void {
    this.#account();
    this.#back.changed();
    this.#vault.back.changed();
  }

  /** Makes room for so many bytes; false where they must be written directly. */
  makeRoom(bytes: number): boolean {
    const fits = this.#back.makeRoom(bytes);
    return this.#vault.back.makeRoom(bytes) && fits;
  }

  /** What was to be added is not wanted any more. */
  clear(): void {
    if (this.#elements.count === 0) return;
    this.changing().clear();
    this.#account();
  }

  enable(options?: CacheOptions): void {
    this.#back.enable(options);
  }

  disable(): void {
    this.#back.disable();
  }

  scope<O, T>(owner: O, first: CacheOptions | ((owner: O) => T), second?: (owner: O) => T): T {
    return this.#back.scope(owner, first, second);
  }

  flush(): number {
    return this.#back.flush();
  }

  /** Runs a change of the file that is no occasion to write what is pending. */
  quietly<T>(body: () => T): T {
    return this.#back.quietly(body);
  }

  close(): void {
    this.#back.close();
  }

  writeOut(): void {
    const elements = this.changing();
    if (elements.count === 0) return;
    this.store.append(elements.read(0, elements.count));
    elements.clear();
    this.#account();
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
    this.#account();
  }

  #markLevels(): void {
    while (this.#marks.length < this.#vault.depth) this.#marks.push(this.#elements.mark());
    this.#vault.marked.add(this);
  }

  #account(): void {
    const { count, bytes } = this.#elements;
    this.#vault.account(count - this.#count, bytes - this.#bytes);
    this.#count = count;
    this.#bytes = bytes;
  }
}
