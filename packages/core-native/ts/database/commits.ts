import { nativeCore } from '../binding.ts';
import { type Board, Place } from './board.ts';

/** Two numbers of the WAL's index that change with every commit: its counter, and its check sum. */
const COUNTER = 2;
const CHECK_SUM = 10;

const NOTHING_KNOWN = new Uint32Array(CHECK_SUM + 1);

/**
 * Whether another connection may have committed since we last looked, be it of this thread, of another one or of another
 * process. In WAL mode that is read from the index that all connections share, at no cost worth mentioning.
 */
export class Commits {
  readonly #handle: number;
  readonly #board: Board;
  readonly #isPrivate: boolean;
  readonly #binding = nativeCore().binding;
  /** The head of the WAL's index, or what never changes. */
  #head: Uint32Array = NOTHING_KNOWN;
  #isWal = false;
  #counter = 0;
  #checkSum = 0;

  /** `isPrivate`: in memory or a temporary file, which nobody else can open. */
  constructor(handle: number, board: Board, isPrivate: boolean) {
    this.#handle = handle;
    this.#board = board;
    this.#isPrivate = isPrivate;
    this.locate();
  }

  /** Whether somebody may have. Always so where nothing tells. */
  get possible(): boolean {
    if (this.#isPrivate) return false;
    // Before the index is looked at: a statement of the user's may have ended the WAL mode, and with it the index.
    if (!this.#isWal || this.#board[Place.unsettled] !== 0) return true;
    return this.#head[COUNTER] !== this.#counter || this.#head[CHECK_SUM] !== this.#checkSum;
  }

  /** To be called before the file is looked at: what is committed later counts as new. */
  note(): void {
    // The index may be gone, and its memory with it.
    if (!this.#isWal || this.#board[Place.unsettled] !== 0) return;
    this.#counter = this.#head[COUNTER] as number;
    this.#checkSum = this.#head[CHECK_SUM] as number;
  }

  /** Finds the index again, where the user may have changed the mode. */
  locate(): void {
    if (this.#isPrivate) return;
    const found = this.#binding.walIndex(this.#handle);
    if (found === true) return;
    this.#isWal = found !== undefined;
    this.#head = found === undefined ? NOTHING_KNOWN : new Uint32Array(found);
    // As good as a commit.
    this.#counter = (this.#head[COUNTER] as number) ^ 1;
  }

  /** The connection is about to close, and the index with it. */
  forget(): void {
    this.#isWal = false;
    this.#head = NOTHING_KNOWN;
  }
}
