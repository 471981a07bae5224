import type { Database } from 'better-sqlite3';
import { nativeCore } from '../native/binding.ts';

/** How long the WAL may become before a commit moves it all the same, in bytes. */
const LONGEST = 256 * 1024 * 1024;

export interface WalMoverSetup {
  readonly database: Database;
  readonly handle: number;
  /** Runs SQL through the core, which can do so while the user iterates, and returns its one number. */
  readonly query: (sql: string) => number | undefined;
  /** Returns the SQL that another connection begins with; undefined if no other thread can open the file. */
  readonly unlocking: () => readonly string[] | undefined;
  /** Whether the user has the database too, and may ask for what a second connection stands in the way of. */
  readonly wasTaken: () => boolean;
}

/**
 * Has another thread move the WAL into the file while long values are stored. A commit would otherwise wait for the
 * disk, several times as long as it takes to write one of them.
 */
export class WalMover {
  readonly #setup: WalMoverSetup;
  readonly #binding = nativeCore().binding;
  /** How many of those who write long values leave the WAL to the other thread. */
  #users = 0;
  /** What the connection has set, while it is set to something else. */
  #before = 0;

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

  /** Waits until the other thread has ended. */
  finish(): void {
    this.#binding.finishMovingWal(this.#setup.handle);
  }

  /**
   * Has commits leave the WAL as it is, until the returned function is called, unless it becomes too long. The
   * caller calls `begin` after some commits.
   */
  leaveToOthers(): () => void {
    const { database, unlocking, wasTaken } = this.#setup;
    if (wasTaken() || unlocking() === undefined) return () => {};
    if (this.#users++ === 0) {
      this.#before = this.#number('wal_autocheckpoint');
      const longest = Math.max(this.#before, Math.floor(LONGEST / this.#number('page_size')));
      // 0 turns it off: then the user has done that.
      if (this.#before > 0) this.#set(longest);
    }
    let isLeft = true;
    return () => {
      if (!isLeft) return;
      isLeft = false;
      this.#users--;
      if (this.#users === 0 && this.#before > 0 && database.open) this.#set(this.#before);
    };
  }

  #number(pragma: string): number {
    return this.#setup.query(`PRAGMA ${pragma}`) ?? 0;
  }

  #set(pages: number): void {
    this.#setup.query(`PRAGMA wal_autocheckpoint = ${pages}`);
  }
}
