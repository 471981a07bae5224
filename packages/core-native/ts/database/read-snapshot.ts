import { nativeCore } from '../native/binding.ts';
import { Activity } from './board.ts';
import type { Commits } from './commits.ts';

/**
 * The read transaction that successive reads share: inside it a read costs a third of what it costs alone. It is renewed as soon
 * as somebody has committed, so every read sees the newest state of the file.
 *
 * It is only ever held between two reads of one uninterrupted stretch of JavaScript. `process.nextTick` runs when that
 * stretch ends, before any other callback, so that it keeps nobody from a checkpoint.
 */
export class ReadSnapshot {
  readonly #handle: number;
  readonly #commits: Commits;
  readonly #binding = nativeCore().binding;
  readonly #releaseAtEnd = () => this.release();
  #allowed: boolean;
  #open = false;
  #turn = 0;
  #steady = 0;
  /** How many transactions and snapshots of ours run, whose state reads see. */
  #suspended = 0;

  /** `allowed` tells whether this connection may hold one at all: its own, on a file, in WAL mode. Turns go by either way. */
  constructor(handle: number, commits: Commits, allowed: boolean) {
    this.#handle = handle;
    this.#commits = commits;
    this.#allowed = allowed;
  }

  /** A number that grows whenever reads may have come to another state of the file. */
  get turn(): number {
    return this.#turn;
  }

  /** Whether successive reads share one state of the file. */
  get shared(): boolean {
    return this.#allowed;
  }

  /** Runs a body whose reads all share one, however long it takes; to be called after `touch`. */
  steady<T>(body: () => T): T {
    this.#steady++;
    try {
      return body();
    } finally {
      this.#steady--;
    }
  }

  /** Whether a transaction or snapshot of ours runs, so that reads see its state. */
  get suspended(): boolean {
    return this.#suspended > 0;
  }

  /** At the begin of a transaction or snapshot of ours, which brings reads to a state of its own. */
  suspend(): void {
    if (this.#suspended === 0) {
      this.release();
      this.#open = true;
      this.#turn++;
    }
    this.#suspended++;
  }

  /** At its end. */
  resume(): void {
    if (this.#suspended === 0) return;
    this.#suspended--;
    if (this.#suspended === 0) this.#open = false;
  }

  /** The user has ended the transaction in the middle of its body, which goes on to read. */
  lapse(): void {
    if (this.#suspended === 0) return;
    this.#suspended = 0;
    this.#open = false;
  }

  /** To be called before each read. */
  touch(): void {
    if (!this.#open) {
      this.#begin();
      process.nextTick(this.#releaseAtEnd);
    } else if (this.#commits.possible && this.#steady === 0 && this.#suspended === 0) {
      this.#end();
      this.#begin();
    }
  }

  /** To be called before each write and checkpoint. */
  release(): void {
    if (this.#open && this.#suspended === 0) this.#end();
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
    // A state that was fixed earlier does not show what has been committed since.
    if (this.#commits.possible && (this.#allowed || !this.#isFixed)) this.#commits.note();
    if (this.#allowed) this.#binding.holdSnapshot(this.#handle);
    this.#open = true;
    this.#turn++;
  }

  /** Whether the user has fixed the state that reads see: by a transaction, or a statement that is still running. */
  get #isFixed(): boolean {
    return (this.#binding.activity(this.#handle) & (Activity.transaction | Activity.statement)) !== 0;
  }

  #end(): void {
    this.#open = false;
    if (this.#allowed) this.#binding.releaseSnapshot(this.#handle);
  }
}
