import type { Database } from 'better-sqlite3';
import { checkSyncBody, refusePromise } from '../checks/body.ts';
import { nativeCore } from '../native/binding.ts';
import { Activity } from './board.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import { type Patience, withRetries } from './retry.ts';

/** The bodies of one connection that read one state of the file, without the write lock. */
export class Snapshots {
  readonly #database: Database;
  readonly #handle: number;
  readonly #reads: ReadSnapshot;
  readonly #patience: Patience;
  readonly #binding = nativeCore().binding;
  #running = false;

  constructor(setup: { database: Database; handle: number; reads: ReadSnapshot; patience: Patience }) {
    this.#database = setup.database;
    this.#handle = setup.handle;
    this.#reads = setup.reads;
    this.#patience = setup.patience;
  }

  /** Whether a body runs. */
  get running(): boolean {
    return this.#running;
  }

  /** Forgets the body that runs: the thread ends inside it, and it never returns. */
  abandonBody(): void {
    this.#running = false;
  }

  run<T>(body: () => T): T {
    checkSyncBody('snapshot', body);
    if (this.#running || this.#database.inTransaction) return refusePromise('snapshot', body());
    this.#reads.suspend();
    // A running statement holds a state of the file. To end that state would end the statement.
    let isFixed = true;
    try {
      isFixed = this.#holds(Activity.reading | Activity.writing);
      if (!isFixed) this.#begin();
      this.#running = true;
      return refusePromise('snapshot', body());
    } finally {
      this.#running = false;
      if (!isFixed) this.#end();
      this.#reads.resume();
    }
  }

  #begin(): void {
    withRetries(() => {
      this.#execute('BEGIN');
      try {
        // BEGIN alone reads nothing: the first read fixes the state.
        this.#execute('SELECT 1 FROM sqlite_schema');
      } catch (error) {
        this.#rollback();
        throw error;
      }
    }, this.#patience);
  }

  #end(): void {
    if (!this.#database.open || !this.#database.inTransaction) return;
    // COMMIT does not disturb a statement that the body left open; ROLLBACK does.
    if (!this.#holds(Activity.writing)) {
      try {
        this.#execute('COMMIT');
        return;
      } catch {
        // A damaged file may refuse COMMIT. What was read stays valid.
      }
    }
    // Undoes what the body wrote without us.
    this.#rollback();
  }

  #rollback(): void {
    if (this.#database.open && this.#database.inTransaction) this.#execute('ROLLBACK');
  }

  #holds(what: number): boolean {
    return (this.#binding.activity(this.#handle) & what) !== 0;
  }

  #execute(sql: string): void {
    this.#binding.execute(this.#handle, sql);
  }
}
