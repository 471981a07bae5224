import { nativeCore } from '../native/binding.ts';

/** Two numbers of the WAL's index that change with every commit: its counter, and its check sum. */
const COUNTER = 2;
const CHECK_SUM = 10;

/** Stands for the index where nobody else can commit, and where nothing tells whether they did. */
const NONE = new Uint32Array(CHECK_SUM + 1);
const UNKNOWN = new Uint32Array(CHECK_SUM + 1);
/** No number of the index. */
const NEVER = -1;

/**
 * Whether another connection may have committed since we last looked, be it of this thread, of another one or of another
 * process. In WAL mode that is read from the index that all connections share, at no cost worth mentioning.
 */
export class Commits {
  readonly #handle: number;
  readonly #isPrivate: boolean;
  readonly #binding = nativeCore().binding;
  /** The head of the WAL's index as it was last found; undefined outside WAL mode. */
  #index: Uint32Array | undefined;
  /** The same, or what stands for it. */
  #head: Uint32Array = NONE;
  #counter = 0;
  #checkSum = 0;

  /** `isPrivate`: in memory or a temporary file, which nobody else can open. */
  constructor(handle: number, isPrivate: boolean) {
    this.#handle = handle;
    this.#isPrivate = isPrivate;
    this.locate();
  }

  /** Whether somebody may have. Always so where nothing tells. */
  get possible(): boolean {
    const head = this.#head;
    return head[COUNTER] !== this.#counter || head[CHECK_SUM] !== this.#checkSum;
  }

  /** To be called before the file is looked at: what is committed later counts as new. */
  note(): void {
    const head = this.#head;
    if (head === UNKNOWN) return;
    this.#counter = head[COUNTER] as number;
    this.#checkSum = head[CHECK_SUM] as number;
  }

  /** A statement of the user's may have ended the WAL mode, and with it the index: it is not looked at before it is found again. */
  lookAway(): void {
    if (!this.#isPrivate) this.#lookAt(UNKNOWN);
  }

  /** Finds the index again. */
  locate(): void {
    if (this.#isPrivate) return;
    const found = this.#binding.walIndex(this.#handle);
    if (found !== true) this.#index = found && new Uint32Array(found);
    // As good as a commit.
    this.#lookAt(this.#index ?? UNKNOWN);
  }

  /** The connection is about to close, and the index with it. */
  forget(): void {
    this.#index = undefined;
    this.#lookAt(UNKNOWN);
  }

  #lookAt(head: Uint32Array): void {
    this.#head = head;
    this.#counter = NEVER;
  }
}
