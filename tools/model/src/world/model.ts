import {
  type Column,
  copyFile,
  copyPending,
  emptyFile,
  emptyPending,
  type FileState,
  type PendingState,
} from './state.ts';

/** A level: the open transaction itself, without a name, or one of its savepoints. */
export interface Level {
  readonly name: string | undefined;
  file: FileState;
  readonly pending: PendingState;
}

/** The reason why SQLite refuses a command that ends or begins a transaction. */
export class Refused extends Error {}

/** What the file and the memory of the main connection must hold. The library is compared with it. */
export class Model {
  /** The state that every other connection sees. */
  committed: FileState = emptyFile();
  /** The pending writes of the main connection's caches. */
  pending: PendingState = emptyPending();
  /** The connection that has the write lock. */
  lock: 'nobody' | 'main' | 'other' = 'nobody';
  /** The levels of the main connection, the outermost first. */
  levels: Level[] = [];
  /** Whether a read has fixed the state of the file that the open transaction sees. */
  fixed = false;
  /** The state that a `snapshot` body sees. */
  held: FileState | undefined;
  #current: FileState = this.committed;
  /** SQLite's number of the newest state of the file, read by a connection that does nothing else. */
  readonly #newest: () => unknown;
  #fixedVersion: unknown;

  constructor(newest: () => unknown) {
    this.#newest = newest;
  }

  /** The state of the file that the main connection sees. */
  get file(): FileState {
    if (this.held) return this.held;
    return this.levels.length > 0 && this.fixed ? this.#current : this.committed;
  }

  get inTransaction(): boolean {
    return this.levels.length > 0;
  }

  /** Notes a read of the main connection: from now on its transaction sees one state. */
  touch(): void {
    if (this.levels.length === 0 || this.fixed) return;
    this.fixed = true;
    this.#fixedVersion = this.#newest();
    this.#current = this.committed;
    for (const level of this.levels) level.file = this.committed;
  }

  /** Returns whether the main connection could write now. */
  get canWrite(): boolean {
    if (this.lock === 'main') return true;
    if (this.lock === 'other') return false;
    return !this.inTransaction || !this.fixed || this.#fixedVersion === this.#newest();
  }

  /** Returns whether the open transaction sees an older state of the file than others do. */
  get isStale(): boolean {
    return this.inTransaction && this.fixed && this.#fixedVersion !== this.#newest();
  }

  /** Notes a write of the main connection: inside a transaction it has the lock from now on. */
  take(): void {
    if (!this.inTransaction) return;
    this.touch();
    this.lock = 'main';
  }

  /** Changes the file and the pending writes for the main connection. Outside a transaction this commits. */
  change(work: (file: FileState, pending: PendingState) => void): void {
    this.take();
    const file = copyFile(this.file);
    const pending = copyPending(this.pending);
    work(file, pending);
    this.pending = pending;
    if (this.inTransaction) this.#current = file;
    else this.committed = file;
  }

  /** Changes pending writes only. */
  remember(work: (pending: PendingState) => void): void {
    this.take();
    const pending = copyPending(this.pending);
    work(pending);
    this.pending = pending;
  }

  /** Changes the file for another connection, which commits. */
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

  /** Goes back to the beginning of a level, which stays open. */
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

  /** Returns the elements of a column with the pending ones; undefined without such a column. */
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

  /** Returns the entries with the pending ones, in the order of their keys. */
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

/** The pending deletion of a key. */
export const DELETED = Symbol('deleted');

/** Writes the pending entries of the kv table. */
export function writeEntries(file: FileState, pending: PendingState): void {
  for (const [key, value] of pending.kv) {
    if (value === DELETED) file.kv.delete(key);
    else file.kv.set(key, value);
  }
  pending.kv.clear();
}

/** Writes the pending elements of one column, or of all. */
export function writeElements(file: FileState, pending: PendingState, only?: string): void {
  for (const [name, elements] of pending.columns) {
    if (only !== undefined && name !== only) continue;
    file.columns.get(name)?.stored.push(...elements);
    pending.columns.delete(name);
  }
}
