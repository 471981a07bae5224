import type { Database } from 'better-sqlite3';
import { nativeCore } from '../native/binding.ts';

/**
 * How long the WAL may become before a commit moves it all the same, in bytes. The other thread has failed by then, or
 * commits follow each other so closely that it finds no moment between them.
 */
const LONGEST = 256 * 1024 * 1024;
/**
 * From which length on a long write makes way for the other thread, in bytes. That thread needs a moment without a
 * writer to have the WAL begin at its front again.
 */
const ROOM = 96 * 1024 * 1024;
/** How much is written between two beginnings, as a part of what SQLite writes between two checkpoints. */
const STEP = 1 / 4;

export interface WalMoverSetup {
  readonly database: Database;
  readonly handle: number;
  /** Runs a pragma through the core, which can do so while the user iterates, and returns its number. */
  readonly pragma: (source: string) => number | undefined;
  /** Returns the SQL that another connection begins with; undefined if no other thread can open the file. */
  readonly unlocking: () => readonly string[] | undefined;
  /** Whether the user has the database too, and may ask for what a second connection stands in the way of. */
  readonly wasTaken: () => boolean;
}

/**
 * Has another thread move the WAL into the file, once long values were stored or a cache was flushed. A commit would
 * otherwise wait for the disk, several times as long as it takes to write.
 */
export class WalMover {
  readonly #setup: WalMoverSetup;
  readonly #binding = nativeCore().binding;
  #isInCharge = false;
  /** The number of pages in the WAL from which on they are moved after a commit. The connection had set this before. */
  #limit = Number.POSITIVE_INFINITY;
  #room = Number.POSITIVE_INFINITY;
  /** The number of them when that last began. */
  #begunAt = 0;
  /** The number of them after the last commit. */
  #frames = 0;

  constructor(setup: WalMoverSetup) {
    this.#setup = setup;
  }

  /** Begins to move the WAL, and waits for nothing. Returns false if the caller must do it. */
  begin(): boolean {
    const { database, handle, unlocking, wasTaken } = this.#setup;
    const sql = database.open && !wasTaken() ? unlocking() : undefined;
    return sql !== undefined && this.#binding.beginMovingWal(handle, [...sql]);
  }

  /** Whether the other thread is at work. */
  get isMoving(): boolean {
    return this.#binding.isMovingWal(this.#setup.handle);
  }

  /** Whether the WAL is long, and the other thread has a better chance to empty it if nothing is written meanwhile. */
  get needsRoom(): boolean {
    return this.#frames >= this.#room && this.isMoving;
  }

  /** Waits until the other thread has ended. */
  finish(): void {
    this.#binding.finishMovingWal(this.#setup.handle);
  }

  /** Whether commits leave the WAL to the other thread. */
  get isInCharge(): boolean {
    return this.#isInCharge;
  }

  /** Has commits leave the WAL to the other thread from now on, if that can open the file. */
  takeOver(): void {
    const { unlocking, wasTaken } = this.#setup;
    if (this.#isInCharge || wasTaken() || unlocking() === undefined) return;
    this.#isInCharge = true;
    const before = this.#number('wal_autocheckpoint');
    // 0 turns it off: then the user has done that.
    if (before <= 0) return;
    this.#limit = before;
    const pageSize = this.#number('page_size');
    this.#room = Math.floor(ROOM / pageSize);
    this.#set(Math.max(before, Math.floor(LONGEST / pageSize)));
  }

  /** Waits until the other thread has ended, and has commits move the WAL themselves again. */
  giveBack(): void {
    this.finish();
    this.#isInCharge = false;
    if (this.#limit === Number.POSITIVE_INFINITY) return;
    this.#set(this.#limit);
    this.#limit = Number.POSITIVE_INFINITY;
    this.#room = Number.POSITIVE_INFINITY;
  }

  /** To be called after each commit, with the number of pages in the WAL. */
  afterCommit(frames: number): void {
    this.#frames = frames;
    if (frames >= this.#limit) this.#beginAgain(frames);
  }

  #beginAgain(frames: number): void {
    // The WAL has begun at its front since.
    if (frames < this.#begunAt) this.#begunAt = 0;
    if (frames < this.#begunAt + this.#limit * STEP || this.isMoving) return;
    this.#begunAt = frames;
    this.begin();
  }

  #number(pragma: string): number {
    return this.#setup.pragma(pragma) ?? 0;
  }

  #set(pages: number): void {
    this.#setup.pragma(`wal_autocheckpoint = ${pages}`);
  }
}
