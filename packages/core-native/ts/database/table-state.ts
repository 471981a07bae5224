import { nativeCore } from '../native/binding.ts';
import { ValueRead, WatchOwner } from '../native/constants.ts';
import { type Board, Place } from './board.ts';
import type { Commits } from './commits.ts';
import type { TransactionLevels } from './transaction-levels.ts';

/** What `TableState` needs of its connection. */
export interface TableStateSetup {
  readonly handle: number;
  readonly board: Board;
  readonly commits: Commits;
  readonly levels: TransactionLevels;
  /** Returns the number of `FileState`, or undefined if nothing may be kept. */
  version(): number | undefined;
}

/**
 * What a look at the state of tables shows:
 *
 * - `'same'`: what memory holds of the watched rows is what reads see now;
 * - owners: rows of theirs may have changed, and the others have not. With `UNKNOWN_OWNER` among them, rows of a whole
 *   table may be gone that our own writes have inserted;
 * - `'all'`: anything may have changed, and nothing is watched any more;
 * - `'unknown'`: nothing may be kept, and nothing kept may be used.
 */
export type TableChange = 'same' | 'all' | 'unknown' | Float64Array;

export { ValueRead } from '../native/constants.ts';

/** See `TableChange`. */
export const UNKNOWN_OWNER = WatchOwner.unknown;

/** Where a value is: its row, and its place among the values that the row stores. */
export interface ValuePlace {
  readonly table: string;
  readonly row: number;
  readonly place: number;
}

/** After so many frames of our own commits they are tested, before the WAL starts over and they are lost. */
const FRAMES_UNTESTED = 64;

/**
 * What `FileState` is for the whole file, for some rows: whether a copy of them in memory is still right. The commits of
 * others, and what the user does on this connection, count only if they touch those rows.
 *
 * An owner is a number for what is kept of one row or of several. Our own writes update the copy, and are noted.
 */
export class TableState {
  readonly #setup: TableStateSetup;
  readonly #binding = nativeCore().binding;
  readonly #watch: number;
  /** The number of `FileState` at the last look. */
  #version: number | undefined;
  #isWatching = false;
  /** Whether commits were not tested because the watch began later. */
  #isLate = false;
  /** Whether the next look tests the commits, whatever they are. */
  #isDue = false;
  /** How far the WAL was tested. */
  #frames = 0;
  #walNumber = 0;
  /** How many levels of the transaction are open. */
  #depth = 0;
  /** The deepest level whose rollback the copy would not survive, or 0. */
  #dependsOn = 0;
  #isUndone = false;
  /** The transaction in which a write of ours was noted last. */
  #notedIn = -1;

  constructor(setup: TableStateSetup) {
    this.#setup = setup;
    this.#watch = this.#binding.createWatch(setup.handle);
    this.#follow(setup.levels);
  }

  /** Whether rows are watched. If not, any change of the file is `'all'`. */
  get isWatching(): boolean {
    return this.#isWatching;
  }

  /** Looks at what has happened. To be called before the copy is used or changed, outside writes. */
  look(): TableChange {
    const version = this.#setup.version();
    if (version === undefined) return 'unknown';
    const isSame = version === this.#version && !this.#isUndone;
    if (isSame && !(this.#isWatching && this.#shouldTest)) return 'same';
    const { isWatching } = this;
    const mustStay = isSame && !this.#isLate;
    // If the test fails, the next look finds that nothing is watched, and no version to compare with.
    this.#version = undefined;
    this.#isWatching = false;
    const owners = isWatching && !this.#isUndone ? this.#test() : undefined;
    this.#version = version;
    if (owners) return owners.length === 0 ? 'same' : owners;
    // Only our own commits were lost, and the copy has their changes.
    return mustStay ? 'same' : this.#lose();
  }

  #test(): Float64Array | undefined {
    const { handle, commits } = this.#setup;
    const owners = this.#binding.watchChanges(handle, this.#watch, commits.noted);
    this.#isWatching = owners !== undefined;
    this.#isLate = this.#isDue = false;
    this.#noteTested();
    return owners;
  }

  /** The number of `FileState` at the last look. */
  get version(): number | undefined {
    return this.#version;
  }

  /** Returns what `begin` needs to watch from here on, when another thread begins to read the file. */
  mark(): Uint32Array | undefined {
    return this.#setup.commits.noted?.slice();
  }

  /**
   * Begins to watch, with no row. To be called after a look and before anything else is read or written. With a mark,
   * the next look tests all commits since then. Returns false if that is not possible: the database is not in WAL mode,
   * or a transaction is open that may write.
   */
  begin(mark?: Uint32Array): boolean {
    const { handle, commits } = this.#setup;
    this.#isWatching = this.#binding.watchBegin(handle, this.#watch, mark ?? commits.noted);
    this.#noteTested();
    this.#isLate = mark !== undefined;
    return this.#isWatching;
  }

  /** Watches nothing any more: memory keeps nothing. */
  end(): void {
    this.#binding.watchEnd(this.#setup.handle, this.#watch);
    this.#forget();
  }

  /**
   * Watches all rows of a table, also those to come; the owner of each is its rowid. Returns false, and watches nothing
   * any more, if that is not possible.
   */
  watchTable(table: string): boolean {
    this.#isWatching &&= this.#binding.watchTable(this.#setup.handle, this.#watch, table);
    return this.#isWatching;
  }

  /** Watches one row. If it returns false, the row may be kept only until the next change of anything. */
  watchRow(table: string, rowid: number, owner: number): boolean {
    return this.#isWatching && this.#binding.watchRow(this.#setup.handle, this.#watch, table, rowid, owner);
  }

  /**
   * Fills `target` with bytes of a value of a watched row, from `offset` on. Reads only the database pages that have them,
   * and sees what reads see. Returns how many bytes there were, or one of `ValueRead`: `untested` means that it may be
   * possible after `mustTest` and a look. To be called after a look. The file must not be encrypted.
   */
  readValue({ table, row, place }: ValuePlace, offset: number, target: Uint8Array): number {
    if (!this.#isWatching) return ValueRead.unknown;
    return this.#binding.watchRead(this.#setup.handle, this.#watch, table, row, place, offset, target);
  }

  /** Has the next look test all commits, also those of ours. */
  mustTest(): void {
    this.#isDue = true;
  }

  /** Forgets the rows of an owner. */
  forgetOwner(owner: number): void {
    if (this.#isWatching) this.#binding.watchForget(this.#setup.handle, this.#watch, owner);
  }

  /**
   * Notes that memory got something from the file. Inside a transaction that may be uncommitted, and would not survive
   * a rollback.
   */
  noteRead(): void {
    if (this.#setup.board[Place.joined] !== 0) this.#dependsOn = Math.max(this.#dependsOn, this.#depth);
  }

  /**
   * Notes a write of ours, after it has changed rows in the open transaction. Memory is changed in the same way.
   */
  noteWrite(): void {
    this.noteRead();
    const { handle, board } = this.#setup;
    const transaction = board[Place.transactions] as number;
    if (!this.#isWatching || this.#notedIn === transaction) return;
    this.#isWatching = this.#binding.watchNoteOwn(handle, this.#watch);
    this.#noteTested();
    this.#notedIn = transaction;
  }

  #follow(levels: TransactionLevels): void {
    levels.join({
      begin: (depth) => {
        this.#depth = depth;
      },
      commit: (depth) => {
        this.#depth = depth - 1;
        this.#dependsOn = Math.min(this.#dependsOn, this.#depth);
      },
      rollback: (depth) => {
        this.#depth = depth - 1;
        if (this.#dependsOn >= depth) this.#isUndone = true;
      },
    });
  }

  /** Whether commits of ours should be tested now: when the WAL has started over, they are lost. */
  get #shouldTest(): boolean {
    const { commits, board } = this.#setup;
    if (this.#isLate || this.#isDue || commits.walNumber !== this.#walNumber) return true;
    const frames = commits.frames - this.#frames;
    return frames > (this.#notedIn !== -1 && board[Place.joined] === 0 ? 0 : FRAMES_UNTESTED);
  }

  #noteTested(): void {
    const { commits, board } = this.#setup;
    if (board[Place.joined] === 0) this.#notedIn = -1;
    this.#frames = commits.frames;
    this.#walNumber = commits.walNumber;
  }

  #lose(): 'all' {
    this.end();
    return 'all';
  }

  #forget(): void {
    this.#isWatching = this.#isUndone = this.#isLate = this.#isDue = false;
    this.#dependsOn = 0;
    this.#notedIn = -1;
  }
}
