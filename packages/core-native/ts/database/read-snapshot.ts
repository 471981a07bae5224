import { nativeCore } from '../binding.ts';

/** A busy loop gives a snapshot up after this long, so that the WAL can be checkpointed past it. */
const RENEW_AFTER_MS = 100;
/** How many reads go by before the clock is looked at: it costs a tenth of a read. */
const READS_PER_LOOK = 16;

/**
 * The read transaction that the reads of one macrotask share: inside it a read costs a third of what it costs alone.
 *
 * It is only ever held between two reads of one uninterrupted stretch of JavaScript. `process.nextTick` runs when that
 * stretch ends, before any other callback, so the next macrotask sees what other processes have committed.
 */
export class ReadSnapshot {
  readonly #handle: number;
  readonly #binding = nativeCore().binding;
  readonly #releaseAtEnd = () => this.release();
  #allowed: boolean;
  #open = false;
  #turn = 0;
  #since = 0;
  #reads = 0;
  #steady = 0;

  /** `allowed` tells whether this connection may hold one at all: its own, on a file, in WAL mode. Turns go by either way. */
  constructor(handle: number, allowed: boolean) {
    this.#handle = handle;
    this.#allowed = allowed;
  }

  /** A number that grows whenever reads may have come to another state of the file. */
  get turn(): number {
    return this.#turn;
  }

  /** Whether the reads of a macrotask share one state of the file. */
  get shared(): boolean {
    return this.#allowed;
  }

  /** Runs a body whose reads all share one, however long it takes. */
  steady<T>(body: () => T): T {
    this.touch();
    this.#steady++;
    try {
      return body();
    } finally {
      this.#steady--;
    }
  }

  /** To be called before each read. `long` says that the read takes milliseconds, so that the clock is looked at. */
  touch(long = false): void {
    if (!this.#open) {
      this.#begin();
    } else if (this.#steady > 0) {
      return;
    } else if ((++this.#reads % READS_PER_LOOK === 0 || long) && performance.now() - this.#since > RENEW_AFTER_MS) {
      this.release();
      this.#begin();
    }
  }

  /** To be called before each write, checkpoint and transaction. */
  release(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#allowed) this.#binding.releaseSnapshot(this.#handle);
  }

  /** The same at the begin of a transaction or snapshot, which brings reads to a state of its own. */
  giveWay(): void {
    this.release();
    this.#turn++;
  }

  /** From here on never again: somebody else writes on this connection too, and would fail from a stale snapshot. */
  forbid(): void {
    this.release();
    this.#allowed = false;
  }

  /** The connection is about to close, or has been closed behind our back. */
  abandon(): void {
    this.#open = false;
    this.#allowed = false;
  }

  #begin(): void {
    if (this.#allowed) this.#binding.holdSnapshot(this.#handle);
    this.#open = true;
    this.#turn++;
    this.#reads = 0;
    this.#since = performance.now();
    process.nextTick(this.#releaseAtEnd);
  }
}
