import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Executor } from '../execution/executor.ts';
import type { EntryWrites } from './entry-writes.ts';

/** How many entries that have expired one statement removes. */
const PURGED_AT_ONCE = 1_024;
/** How often a program that writes entries with a time removes some, in milliseconds. */
const PURGE_EVERY = 1_000;

/** Removes entries that have expired. Nobody sees them anyway. */
export class Purges {
  readonly #executor: Executor;
  readonly #writes: EntryWrites;
  #last = 0;
  #running: Promise<void> | undefined;

  constructor(executor: Executor, writes: EntryWrites) {
    this.#executor = executor;
    this.#writes = writes;
  }

  /** Removes all of them. Returns how many there were. */
  async all(): Promise<number> {
    for (let removed = 0; ; ) {
      const count = await this.#writes.purge(this.#executor, PURGED_AT_ONCE);
      removed += count;
      if (count < PURGED_AT_ONCE) return removed;
    }
  }

  /** Removes some beside a write of an entry with a time, which does not wait for that. */
  beside(): void {
    if (this.#executor.inTransaction || this.#running || Date.now() - this.#last < PURGE_EVERY) return;
    this.#last = Date.now();
    this.#running = this.#writes.purge(this.#executor, PURGED_AT_ONCE).then(
      () => {
        this.#running = undefined;
      },
      (error) => {
        this.#running = undefined;
        // The next write tries again.
        if (!(error instanceof KohakuVaultError)) throw error;
      },
    );
  }

  /** Resolves when what runs beside has ended. */
  async ended(): Promise<void> {
    await this.#running;
  }
}
