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
  #held = false;
  #since = 0;
  #reads = 0;

  /** `allowed` tells whether this connection may hold one at all: its own, on a file, in WAL mode. */
  constructor(handle: number, allowed: boolean) {
    this.#handle = handle;
    this.#allowed = allowed;
  }

  get held(): boolean {
    return this.#held;
  }

  /** To be called before each read. `long` says that the read takes milliseconds, so that the clock is looked at. */
  touch(long = false): void {
    if (!this.#allowed) return;
    if (!this.#held) {
      this.#hold();
    } else if ((++this.#reads % READS_PER_LOOK === 0 || long) && performance.now() - this.#since > RENEW_AFTER_MS) {
      this.release();
      this.#hold();
    }
  }

  /** To be called before each write, checkpoint and transaction. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#binding.releaseSnapshot(this.#handle);
  }

  /** From here on never again: somebody else writes on this connection too, and would fail from a stale snapshot. */
  forbid(): void {
    this.release();
    this.#allowed = false;
  }

  /** The connection is about to close, or has been closed behind our back. */
  abandon(): void {
    this.#held = false;
    this.#allowed = false;
  }

  #hold(): void {
    this.#binding.holdSnapshot(this.#handle);
    this.#held = true;
    this.#reads = 0;
    this.#since = performance.now();
    process.nextTick(this.#releaseAtEnd);
  }
}
