import {
  type Column,
  copyFile,
  copyPending,
  emptyFile,
  emptyPending,
  type FileState,
  type PendingState,
} from './state.ts';

/** A level of the transaction that is open: the transaction itself, without a name, or a savepoint. */
export interface Level {
  readonly name: string | undefined;
  file: FileState;
  readonly pending: PendingState;
}

/** What SQLite refuses of a command that ends or begins transactions. */
export class Refused extends Error {}

/** What the file and the main connection's memory must hold: the truth that the library is compared with. */
export class Model {
  /** What every other connection sees. */
  committed: FileState = emptyFile();
  /** What is pending in caches of the main connection. */
  pending: PendingState = emptyPending();
  /** Who has the right to write. */
  lock: 'nobody' | 'main' | 'other' = 'nobody';
  /** The open levels of the main connection, the outermost first. */
  levels: Level[] = [];
  /** Whether reads of the open transaction have settled on a state of the file. */
  fixed = false;
  /** What `snapshot` holds. */
  held: FileState | undefined;
  #current: FileState = this.committed;
  /** SQLite's number of the newest state of the file, as a connection reads it that does nothing else. */
  readonly #newest: () => unknown;
  #fixedVersion: unknown;

  constructor(newest: () => unknown) {
    this.#newest = newest;
  }

  /** What the main connection sees of the file. */
  get file(): FileState {
    if (this.held) return this.held;
    return this.levels.length > 0 && this.fixed ? this.#current : this.committed;
  }

  get inTransaction(): boolean {
    return this.levels.length > 0;
  }

  /** The main connection reads: from now on its transaction sees one state. */
  touch(): void {
    if (this.levels.length === 0 || this.fixed) return;
    this.fixed = true;
    this.#fixedVersion = this.#newest();
    this.#current = this.committed;
    for (const level of this.levels) level.file = this.committed;
  }

  /** Whether the main connection could write now. */
  get canWrite(): boolean {
    if (this.lock === 'main') return true;
    if (this.lock === 'other') return false;
    return !this.inTransaction || !this.fixed || this.#fixedVersion === this.#newest();
  }

  /** Whether the open transaction sees an older state of the file than others do. */
  get isStale(): boolean {
    return this.inTransaction && this.fixed && this.#fixedVersion !== this.#newest();
  }

  /** The main connection writes: inside a transaction it has the lock from now on. */
  take(): void {
    if (!this.inTransaction) return;
    this.touch();
    this.lock = 'main';
  }

  /** A change of the file by the main connection, and of what is pending; outside a transaction it is committed. */
  change(work: (file: FileState, pending: PendingState) => void): void {
    this.take();
    const file = copyFile(this.file);
    const pending = copyPending(this.pending);
    work(file, pending);
    this.pending = pending;
    if (this.inTransaction) this.#current = file;
    else this.committed = file;
  }

  /** A change of what is pending alone. */
  remember(work: (pending: PendingState) => void): void {
    this.take();
    const pending = copyPending(this.pending);
    work(pending);
    this.pending = pending;
  }

  /** Another connection commits. */
  changeByOthers(work: (file: FileState) => void): void {
    const file = copyFile(this.committed);
    work(file);
    this.committed = file;
  }

  begin(immediate: boolean): void {
    if (this.inTransaction) throw new Refused('a transaction within a transaction');
    this.#open(undefined);
    if (immediate) this.take();
  }

  savepoint(name: string): Level {
    return this.#open(name);
  }

  release(name: string): void {
    const index = this.#find(name);
    // The outermost savepoint is the transaction.
    if (index === 0) {
      this.commit();
      return;
    }
    this.levels.length = index;
  }

  rollbackTo(name: string): void {
    this.goBack(this.#find(name));
  }

  /** To where a level began; it stays open. */
  goBack(index: number): void {
    const level = this.levels[index] as Level;
    this.levels.length = index + 1;
    this.pending = copyPending(level.pending);
    if (this.fixed) this.#current = level.file;
  }

  commit(): void {
    if (!this.inTransaction) throw new Refused('no transaction is active');
    if (this.file.orphans > 0) throw new Refused('a foreign key');
    const { file, lock } = this;
    this.#end();
    if (lock === 'main') this.committed = file;
  }

  rollback(): void {
    const [outermost] = this.levels;
    if (!outermost) throw new Refused('no transaction is active');
    this.pending = copyPending(outermost.pending);
    this.#end();
  }

  /** The elements of a column with those that wait; undefined without such a column. */
  elements(name: string): unknown[] | undefined {
    const column = this.file.columns.get(name);
    return column && [...column.stored, ...this.waiting(name)];
  }

  column(name: string): Column {
    return this.file.columns.get(name) as Column;
  }

  waiting(name: string): readonly unknown[] {
    return this.pending.columns.get(name) ?? [];
  }

  /** The entries with those that wait, in the order of their keys. */
  entries(): [string, unknown][] {
    const all = new Map(this.file.kv);
    for (const [key, value] of this.pending.kv) {
      if (value === DELETED) all.delete(key);
      else all.set(key, value);
    }
    return [...all].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  }

  #open(name: string | undefined): Level {
    if (!this.inTransaction) this.fixed = false;
    const level = { name, file: this.file, pending: copyPending(this.pending) };
    this.levels.push(level);
    return level;
  }

  #find(name: string): number {
    const index = this.levels.findLastIndex((level) => level.name === name);
    if (index < 0) throw new Refused(`no such savepoint: ${name}`);
    return index;
  }

  #end(): void {
    this.levels = [];
    this.fixed = false;
    if (this.lock === 'main') this.lock = 'nobody';
  }
}

/** That a key waits to be deleted. */
export const DELETED = Symbol('deleted');

/** Writes what is pending for the kv table. */
export function writeEntries(file: FileState, pending: PendingState): void {
  for (const [key, value] of pending.kv) {
    if (value === DELETED) file.kv.delete(key);
    else file.kv.set(key, value);
  }
  pending.kv.clear();
}

/** Writes what is pending for one column, or for all. */
export function writeElements(file: FileState, pending: PendingState, only?: string): void {
  for (const [name, elements] of pending.columns) {
    if (only !== undefined && name !== only) continue;
    file.columns.get(name)?.stored.push(...elements);
    pending.columns.delete(name);
  }
}
