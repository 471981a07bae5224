import { DatabaseBusy } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import { isErrorNamed } from '../realms/any-realm.ts';
import type { ResolvedOptions } from './options.ts';

export type Patience = Pick<ResolvedOptions, 'retries' | 'backoffBase' | 'busyTimeout'>;

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

function sleep(milliseconds: number): void {
  Atomics.wait(neverNotified, 0, 0, milliseconds);
}

/**
 * Repeats the work while SQLite reports that the file is busy. SQLite's own busy handler waits first, up to
 * `busyTimeout`. The tries here are for what SQLite refuses without waiting; together they do not wait longer than
 * `busyTimeout` either.
 */
export function withRetries<T>(work: () => T, patience: Patience): T {
  const start = performance.now();
  for (let attempt = 0; ; attempt++) {
    try {
      return work();
    } catch (thrown) {
      const error = fromBetterSqlite3(thrown);
      if (!isHeldByOthers(error)) throw error;
      const waited = performance.now() - start;
      const left = patience.busyTimeout - waited;
      if (attempt >= patience.retries || left <= 0) {
        throw waitedInVain(error, waited, attempt + 1);
      }
      sleep(Math.min(patience.backoffBase * 2 ** attempt, left));
    }
  }
}

/**
 * Whether another connection holds the file, so that it may be free later. An error of ours or of better-sqlite3 is
 * caused by this thread itself, and cannot end while it waits.
 */
export function isHeldByOthers(error: unknown): error is DatabaseBusy {
  return error instanceof DatabaseBusy && error.cause !== undefined && !isErrorNamed(error.cause, 'TypeError');
}

/** Returns the error for a file that did not become free in time. */
export function waitedInVain({ message, cause }: DatabaseBusy, waited: number, tries: number): DatabaseBusy {
  return new DatabaseBusy(`${message} (waited ${Math.round(waited)} ms, tried ${tries} times)`, { cause });
}
