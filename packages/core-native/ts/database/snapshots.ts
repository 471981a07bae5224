import type { Database } from 'better-sqlite3';
import { checkSyncBody, refusePromise } from '../checks/body.ts';
import { nativeCore } from '../native/binding.ts';
import { Activity } from './board.ts';
import type { Commits } from './commits.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import { type Patience, withRetries } from './retry.ts';

/** The bodies of one connection that read one state of the file, without the write lock. */
export class Snapshots {
  readonly #database: Database;
  readonly #handle: number;
  readonly #reads: ReadSnapshot;
  readonly #patience: Patience;
  readonly #binding = nativeCore().binding;
  readonly #commits: Commits;
  #running = false;
  #mark: string | undefined;

  constructor(setup: {
    database: Database;
    handle: number;
    reads: ReadSnapshot;
    commits: Commits;
    patience: Patience;
  }) {
    this.#database = setup.database;
    this.#handle = setup.handle;
    this.#reads = setup.reads;
    this.#commits = setup.commits;
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

  /** Whether nobody has committed since the state was fixed that the running body sees; false if nothing shows it. */
  get isNewest(): boolean {
    return this.#running && this.#mark !== undefined && this.#mark === this.#commits.mark;
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
      this.#mark = undefined;
      if (!isFixed) this.#end();
      this.#reads.resume();
    }
  }

  #begin(): void {
    withRetries(() => {
      const before = this.#commits.mark;
      this.#execute('BEGIN');
      try {
        // BEGIN alone reads nothing: the first read fixes the state.
        this.#execute('SELECT 1 FROM sqlite_schema');
      } catch (error) {
        this.#rollback();
        throw error;
      }
      // A commit in between may belong to the state or not.
      this.#mark = before === this.#commits.mark ? before : undefined;
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
