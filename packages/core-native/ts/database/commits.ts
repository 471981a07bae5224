import { nativeCore } from '../native/binding.ts';
import { WalIndex } from '../native/constants.ts';
import { commitIn } from './wal-stats.ts';

/** The places of two numbers that change with every commit. */
const COUNTER = WalIndex.counter;
const CHECK_SUM = WalIndex.checkSum;

/** Stand-ins for the index: nobody else can commit, and nothing shows whether somebody did. */
const NONE = new Uint32Array(WalIndex.copy);
const UNKNOWN = new Uint32Array(WalIndex.copy);
/** A number that the index never has. */
const NEVER = -1;

/**
 * Whether another connection of any thread or process may have committed since we last looked. In WAL mode this is read
 * from the WAL's index, memory that all connections share, at almost no cost.
 */
export class Commits {
  readonly #handle: number;
  readonly #isPrivate: boolean;
  readonly #binding = nativeCore().binding;
  /** The head of the WAL's index where it was last found; undefined outside WAL mode. */
  #index: Uint32Array | undefined;
  /** The same, or its stand-in. */
  #head: Uint32Array = NONE;
  #counter = 0;
  #checkSum = 0;
  /** What the index was at the last `note`, and what a commit writes there. */
  readonly #notedIndex = new Uint32Array(WalIndex.bytes / Uint32Array.BYTES_PER_ELEMENT);
  readonly #noted = this.#notedIndex.subarray(0, WalIndex.copy);
  #hasNoted = false;

  /** `isPrivate`: the database is in memory or a temporary file, which nobody else can open. */
  constructor(handle: number, isPrivate: boolean) {
    this.#handle = handle;
    this.#isPrivate = isPrivate;
    this.locate();
  }

  /** Whether somebody may have committed; true if nothing shows it. */
  get possible(): boolean {
    const head = this.#head;
    return head[COUNTER] !== this.#counter || head[CHECK_SUM] !== this.#checkSum;
  }

  /**
   * What the last commit of anybody wrote into the index, as text; undefined outside WAL mode. Two equal marks have no
   * commit between them.
   */
  get mark(): string | undefined {
    const { index } = this;
    return index && commitIn(index);
  }

  /** The head of the WAL's index; undefined outside WAL mode. */
  get index(): Uint32Array | undefined {
    const head = this.#head;
    return head === UNKNOWN || head === NONE ? undefined : head;
  }

  /**
   * The head of the index as it was before the reads that see the present state began; undefined outside WAL mode. A
   * commit may be writing it at that moment, which its check sum shows.
   */
  get noted(): Uint32Array | undefined {
    return this.#hasNoted ? this.#noted : undefined;
  }

  /** How many frames the WAL has, and a number that changes when it starts over. */
  get frames(): number {
    return this.#head[WalIndex.frames] as number;
  }
  get walNumber(): number {
    return this.#head[WalIndex.walNumber] as number;
  }

  /** To be called before the file is read: later commits count as new. */
  note(): void {
    const head = this.#head;
    if (head === UNKNOWN) return;
    if (head !== NONE) {
      this.#notedIndex.set(head);
      this.#hasNoted = true;
    }
    this.#counter = head[COUNTER] as number;
    this.#checkSum = head[CHECK_SUM] as number;
  }

  /**
   * Stops reading the index until `locate` finds it again: a statement of the user may have ended WAL mode, and the
   * index with it.
   */
  stopWatching(): void {
    if (!this.#isPrivate) this.#lookAt(UNKNOWN);
  }

  /** Finds the index again. */
  locate(): void {
    if (this.#isPrivate) return;
    const found = this.#binding.walIndex(this.#handle);
    if (found !== true) {
      this.#index = found && new Uint32Array(found);
      this.#hasNoted = false;
    }
    // This counts as a commit.
    this.#lookAt(this.#index ?? UNKNOWN);
  }

  /** To be called before the connection closes, and the index with it. */
  forget(): void {
    this.#index = undefined;
    this.#hasNoted = false;
    this.#lookAt(UNKNOWN);
  }

  #lookAt(head: Uint32Array): void {
    this.#head = head;
    this.#counter = NEVER;
  }
}
