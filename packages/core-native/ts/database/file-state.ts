import { nativeCore } from '../native/binding.ts';
import { Activity, Attention, type Board, Place } from './board.ts';
import type { Commits } from './commits.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import type { TransactionLevels } from './transaction-levels.ts';

/**
 * Which state of the file something in memory belongs to: the one answer for every cache and resident copy.
 *
 * The number moves with what others commit, with every statement of the user's that may write, with a trigger that one of ours
 * fires, with each rollback, and with a write of ours that fails. It does not move with our own writes: who writes brings
 * what is in memory up to date.
 */
export class FileState {
  readonly #handle: number;
  readonly #board: Board;
  readonly #reads: ReadSnapshot;
  readonly #levels: TransactionLevels;
  readonly #commits: Commits;
  readonly #binding = nativeCore().binding;
  #turn = -1;
  #dataVersion = 0;
  #othersCommits = 0;

  constructor(handle: number, board: Board, reads: ReadSnapshot, levels: TransactionLevels, commits: Commits) {
    this.#handle = handle;
    this.#board = board;
    this.#reads = reads;
    this.#levels = levels;
    this.#commits = commits;
  }

  /**
   * The number of the state that reads see now. undefined while a statement that writes is running, which has called a function
   * of the user's: then nothing may be kept, nor what is kept be used.
   */
  version(): number | undefined {
    if (this.#board[Place.attention] !== 0 && !this.isSettled()) return undefined;
    const { turn } = this.#reads;
    if (turn !== this.#turn) {
      const dataVersion = this.#binding.dataVersion(this.#handle);
      if (dataVersion !== this.#dataVersion) {
        this.#dataVersion = dataVersion;
        this.#othersCommits++;
        this.distrust();
      }
      this.#turn = turn;
    }
    return this.#board[Place.epoch];
  }

  /** The same number without what others have committed: what has happened on this connection. */
  get changes(): number {
    return (this.#board[Place.epoch] as number) - this.#othersCommits;
  }

  /** Whether no statement that writes is running, of ours or of the user's. */
  isSettled(): boolean {
    const attention = this.#board[Place.attention] as number;
    if (attention & Attention.writing) return false;
    return (attention & Attention.unsettled) === 0 || this.#settle();
  }

  /** What memory holds may no longer be what the file holds. */
  distrust(): void {
    (this.#board[Place.epoch] as number)++;
  }

  #follows(): boolean {
    try {
      return this.#levels.follow();
    } catch {
      // `PRAGMA query_only`, a full disk: the next write throws it.
      return false;
    }
  }

  /** After statements of the user's that may have written: false while one of them is still running. */
  #settle(): boolean {
    const activity = this.#binding.activity(this.#handle);
    if (activity & Activity.writer) return false;
    // What we read now may never be committed: then we must hear of it, or keep nothing.
    if (activity & Activity.transaction && activity & Activity.writing && !this.#follows()) return false;
    (this.#board[Place.attention] as number) &= ~Attention.unsettled;
    this.#commits.locate();
    this.distrust();
    return true;
  }
}
