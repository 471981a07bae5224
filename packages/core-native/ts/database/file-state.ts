import { nativeCore } from '../native/binding.ts';
import { Activity, Attention, type Board, Place } from './board.ts';
import type { Commits } from './commits.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import type { TransactionLevels } from './transaction-levels.ts';

/**
 * The number of the file's state to which something in memory belongs: one answer for every cache and resident copy.
 *
 * The number changes with the commits of other connections, with each statement of the user that may write, with a
 * trigger that one of our statements fires, with each rollback, and with each write of ours that fails. It does not
 * change with our own writes: the code that writes updates what is in memory.
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

  /** Returns the number of the state that reads see now. To be called only if no write is running. */
  number(): number {
    const { turn } = this.#reads;
    if (turn !== this.#turn) {
      const dataVersion = this.#binding.dataVersion(this.#handle);
      if (dataVersion !== this.#dataVersion) {
        this.#dataVersion = dataVersion;
        this.#othersCommits++;
        this.change();
      }
      this.#turn = turn;
    }
    return this.#board[Place.epoch] as number;
  }

  /** The same number without the commits of other connections: what has happened on this one. */
  get changes(): number {
    return (this.#board[Place.epoch] as number) - this.#othersCommits;
  }

  /**
   * Whether a statement that writes is running, ours or the user's. Then nothing may be kept, and nothing kept may be
   * used.
   */
  isWriting(): boolean {
    const attention = this.#board[Place.attention] as number;
    if (attention & Attention.writing) return true;
    return (attention & Attention.unsettled) !== 0 && this.#usersWriteRuns();
  }

  /** Changes the number: memory may no longer hold what the file holds. */
  change(): void {
    (this.#board[Place.epoch] as number)++;
  }

  /**
   * Whether a statement of the user that may write is still running. If all have ended, what they did is taken into
   * account.
   */
  #usersWriteRuns(): boolean {
    const activity = this.#binding.activity(this.#handle);
    if (activity & Activity.writer) return true;
    // What we read now may never be committed: we must follow the transaction, or keep nothing.
    if (activity & Activity.transaction && activity & Activity.writing && !this.#follows()) return true;
    (this.#board[Place.attention] as number) &= ~Attention.unsettled;
    this.#commits.locate();
    this.change();
    return false;
  }

  #follows(): boolean {
    try {
      return this.#levels.follow();
    } catch {
      // `PRAGMA query_only`, a full disk: the next write throws the error.
      return false;
    }
  }
}
