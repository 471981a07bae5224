import type { Connection } from '@kohakuvault/core-native/internal/database';

/** How much this thread copies before other callbacks run. */
const BYTES_PER_TURN = 2 * 1024 * 1024;

/** Spreads copies of this thread over turns of the event loop, however many are started at once. */
export class CopyTurns {
  readonly #waiting: (() => void)[] = [];
  #left = BYTES_PER_TURN;
  #scheduled = false;

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

  #use(bytes: number): void {
    this.#left -= bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#left = BYTES_PER_TURN;
    this.#scheduled = false;
    while (this.#left > 0) {
      const start = this.#waiting.shift();
      if (!start) return;
      start();
    }
  }
}
