import type { Connection } from '@kohakuvault/core-native/internal/database';

/** How much this thread copies before other callbacks run. */
const BYTES_PER_TURN = 2 * 1024 * 1024;
/**
 * How much is copied between two checkpoints. SQLite's own would come in a commit, after about 31 MiB, and take several
 * times as long as the copy.
 */
const BYTES_PER_CHECKPOINT = 8 * 1024 * 1024;

/**
 * Spreads copies of this thread over turns of the event loop, however many are started at once, and gives the
 * checkpoints between them turns of their own.
 */
export class CopyTurns {
  readonly #waiting: (() => void)[] = [];
  #left = BYTES_PER_TURN;
  #scheduled = false;
  #unmoved = 0;
  #checkpoint: (() => void) | undefined;

  static of(connection: Connection): CopyTurns {
    return connection.companion('copy turns', () => new CopyTurns());
  }

  /** Returns undefined if so many bytes may be copied now, else a promise that resolves when they may. */
  take(bytes: number): Promise<void> | undefined {
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#use(bytes);
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        this.#use(bytes);
        resolve();
      });
    });
  }

  /** Notes that so many bytes have been copied. If they are many, `checkpoint` is called in a later turn. */
  copied(bytes: number, checkpoint: () => void): void {
    this.#unmoved += bytes;
    if (this.#unmoved < BYTES_PER_CHECKPOINT) return;
    this.#checkpoint = checkpoint;
    this.#schedule();
  }

  #use(bytes: number): void {
    this.#left -= bytes;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#scheduled = false;
    const checkpoint = this.#checkpoint;
    if (checkpoint) {
      this.#checkpoint = undefined;
      this.#unmoved = 0;
      this.#left = 0;
      this.#schedule();
      checkpoint();
      return;
    }
    this.#left = BYTES_PER_TURN;
    while (this.#left > 0) {
      const start = this.#waiting.shift();
      if (!start) return;
      start();
    }
  }
}
