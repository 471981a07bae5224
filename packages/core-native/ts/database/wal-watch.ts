import type { Database } from 'better-sqlite3';
import { warn } from '../errors/warnings.ts';
import { plural } from '../text/plain.ts';
import type { CheckpointMode } from './checkpoint.ts';
import type { ResolvedOptions } from './options.ts';
import type { WalReader } from './wal-readers.ts';
import { commitIn, framesLeft, type WalStats, walBytes } from './wal-stats.ts';

const { clearTimeout, setTimeout } = process.getBuiltinModule('node:timers');

/** Fewer pages than these are left to the next commits: moving them costs an fsync each time. */
const WORTH_MOVING = 125;
/** How often the length is looked at while a connection writes, if nothing is to be done when it stops. */
const LOOK_EVERY = 1_000;
/** The longest pause before what readers have held back is tried again. */
const LONGEST_PAUSE = 60_000;

export interface WalWatchSetup {
  readonly database: Database;
  readonly options: ResolvedOptions;
  /** The head of the WAL's index; undefined outside WAL mode, and while a statement runs that may end it. */
  readonly index: () => Uint32Array | undefined;
  /** The path of the file. */
  readonly file: () => string;
  readonly stats: () => WalStats;
  /** Runs a checkpoint that waits for nobody. Returns false if it could not run. */
  readonly checkpoint: (mode: CheckpointMode) => boolean;
}

/**
 * Looks after the WAL of a connection of ours that writes. When nobody has written for a while, it moves the WAL into
 * the file, and cuts it if it is longer than its limit. It warns of a long WAL. Its timer keeps no process running.
 */
export class WalWatch {
  /** Whether the timer runs, or none is needed. A write looks at this and, if it is false, calls `arm`. */
  isArmed: boolean;
  readonly #setup: WalWatchSetup;
  readonly #period: number;
  #timer: NodeJS.Timeout | undefined;
  /** The last commit that a look has seen. */
  #commit: string | undefined;
  #pause = 0;
  /** The length of the WAL at the last warning. */
  #warnedAt = 0;

  /** `isWanted`: whether it is a file of ours in WAL mode that may be written. */
  constructor(setup: WalWatchSetup, isWanted: boolean) {
    const { idleCheckpoint, walWarningSize } = setup.options;
    this.#setup = setup;
    this.#period = idleCheckpoint || LOOK_EVERY;
    this.isArmed = !isWanted || (idleCheckpoint === 0 && walWarningSize === 0);
  }

  /** To be called after a write while `isArmed` is false. */
  arm(): void {
    this.isArmed = true;
    this.#pause = 0;
    this.#start(this.#period);
  }

  /** Ends the watch for good: the connection closes. */
  stop(): void {
    clearTimeout(this.#timer);
    this.isArmed = true;
  }

  #start(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), milliseconds).unref();
  }

  #look(): void {
    if (!this.#setup.database.open) return;
    // What the checkpoint does is not a write of the user.
    this.isArmed = true;
    let next: 'soon' | 'later' | 'after a write' = 'after a write';
    try {
      next = this.#lookAt(this.#setup.index());
    } catch {
      // The next write meets the same failure, and reports it to its caller.
    }
    if (next === 'soon') {
      this.arm();
      return;
    }
    if (next === 'later') this.#tryLater();
    this.isArmed = false;
  }

  #lookAt(index: Uint32Array | undefined): 'soon' | 'later' | 'after a write' {
    if (index === undefined) return 'after a write';
    this.#warn();
    const commit = commitIn(index);
    if (commit !== this.#commit) {
      this.#commit = commit;
      return 'soon';
    }
    if (this.#setup.options.idleCheckpoint === 0) return 'after a write';
    const isDone = this.#checkpoint(index);
    this.#commit = commitIn(index);
    return isDone ? 'after a write' : 'later';
  }

  /** Returns false if somebody is in the way. */
  #checkpoint(index: Uint32Array): boolean {
    const { file, options, checkpoint } = this.#setup;
    const isLong = walBytes(file()) > options.walSizeLimit;
    if (!isLong && framesLeft(index) < WORTH_MOVING) return true;
    // A passive checkpoint moves the pages without the write lock. The other one then has nothing left to move.
    if (!checkpoint('passive') || framesLeft(index) > 0) return false;
    return !isLong || (checkpoint('truncate') && walBytes(file()) <= options.walSizeLimit);
  }

  /** Tries again later: a reader may end without a write. A write looks again sooner. */
  #tryLater(): void {
    this.#pause = Math.min(LONGEST_PAUSE, Math.max(this.#period, 2 * this.#pause));
    this.#start(this.#pause);
  }

  /** Warns once, and again whenever the WAL has become twice as long. */
  #warn(): void {
    const { file, options, stats } = this.#setup;
    const path = file();
    const bytes = walBytes(path);
    if (bytes < options.walWarningSize) this.#warnedAt = 0;
    if (options.walWarningSize === 0 || bytes < Math.max(options.walWarningSize, 2 * this.#warnedAt)) return;
    this.#warnedAt = bytes;
    warn(
      'KV_WAL_LARGE',
      `the WAL of ${path} has ${Math.round(bytes / 1024 / 1024)} MiB${heldBy(stats().readers)}. End long reads; ` +
        'walStats() shows the state',
    );
  }
}

function heldBy(readers: readonly WalReader[] | undefined): string {
  if (readers === undefined || readers.length === 0) return '';
  const pids = readers.map(({ pid }) => (pid === process.pid ? `${pid} (this process)` : pid));
  return `. It is read by ${plural(readers.length, 'process', 'processes')}: ${pids.join(', ')}`;
}
