import { nativeCore } from '../native/binding.ts';
import { Activity } from './board.ts';
import type { Commits } from './commits.ts';

/** All that this thread may hold, of any file. */
const ofThread = new Set<ReadSnapshot>();

/** Ends the snapshots that this thread holds, except those of a body that runs. */
export function releaseSnapshotsOfThread(): void {
  for (const snapshot of ofThread) if (!snapshot.kept) snapshot.release();
}

/**
 * The read transaction that successive reads share: inside it a read costs a third of what it costs alone. It is
 * renewed as soon as another connection has committed, so each read sees the newest state of the file.
 *
 * It is held only between two reads of one uninterrupted stretch of JavaScript. `process.nextTick` runs when that
 * stretch ends, before any other callback, so no checkpoint waits for it.
 */
export class ReadSnapshot {
  readonly #handle: number;
  readonly #commits: Commits;
  readonly #binding = nativeCore().binding;
  readonly #releaseAtEnd = () => this.release();
  #allowed: boolean;
  #open = false;
  #turn = 0;
  /** How many bodies run that must not see it renewed. */
  #keepers = 0;
  /** How many of our transactions and snapshots run. Reads see their state. */
  #suspended = 0;

  /**
   * `allowed`: whether this connection may hold one, because we opened it, on a file, in WAL mode. Turns are counted
   * either way.
   */
  constructor(handle: number, commits: Commits, allowed: boolean) {
    this.#handle = handle;
    this.#commits = commits;
    this.#allowed = allowed;
    if (allowed) ofThread.add(this);
  }

  /** A number that grows whenever reads may see another state of the file. */
  get turn(): number {
    return this.#turn;
  }

  /** Whether successive reads share one state of the file. */
  get allowed(): boolean {
    return this.#allowed;
  }

  /** Whether one of our transactions or snapshots runs, whose state reads see. */
  get suspended(): boolean {
    return this.#suspended > 0;
  }

  /** Whether a body runs that must see one state. */
  get kept(): boolean {
    return this.#keepers > 0;
  }

  /** Runs a body whose reads all share one snapshot. To be called after `renew`. */
  keep<T>(body: () => T): T {
    this.#keepers++;
    try {
      return body();
    } finally {
      this.#keepers--;
    }
  }

  /** To be called when one of our transactions or snapshots begins, which gives reads a state of its own. */
  suspend(): void {
    if (this.#suspended === 0) {
      this.release();
      this.#open = true;
      this.#turn++;
    }
    this.#suspended++;
  }

  /** To be called when that transaction or snapshot has ended. */
  resume(): void {
    if (this.#suspended === 0) return;
    this.#suspended--;
    if (this.#suspended === 0) this.#open = false;
  }

  /** To be called when the user has ended the transaction inside its body, which still reads. */
  cancelSuspension(): void {
    if (this.#suspended === 0) return;
    this.#suspended = 0;
    this.#open = false;
  }

  /** Begins the snapshot, or renews it after a commit of another connection. To be called before each read. */
  renew(): void {
    if (!this.#open) {
      this.#begin();
      process.nextTick(this.#releaseAtEnd);
    } else if (this.#commits.possible && this.#keepers === 0 && this.#suspended === 0) {
      this.#end();
      this.#begin();
    }
  }

  /** Ends the snapshot. To be called before each write and checkpoint. */
  release(): void {
    if (this.#open && this.#suspended === 0) this.#end();
  }

  /** Ends the snapshot for good: somebody else writes on this connection too, and would fail from a stale snapshot. */
  forbid(): void {
    this.release();
    this.#forgo();
  }

  /** To be called when the connection closes, or was closed by somebody else. */
  abandon(): void {
    this.#open = false;
    this.#forgo();
  }

  #forgo(): void {
    this.#allowed = false;
    ofThread.delete(this);
  }

  #begin(): void {
    // A state that the user fixed earlier does not show what was committed since.
    if (this.#commits.possible && (this.#allowed || !this.#isFixed)) this.#commits.note();
    if (this.#allowed) this.#binding.holdSnapshot(this.#handle);
    this.#open = true;
    this.#turn++;
  }

  /** Whether the user has fixed the state that reads see, by a transaction or a running statement. */
  get #isFixed(): boolean {
    return (this.#binding.activity(this.#handle) & (Activity.transaction | Activity.statement)) !== 0;
  }

  #end(): void {
    this.#open = false;
    if (this.#allowed) this.#binding.releaseSnapshot(this.#handle);
  }
}
