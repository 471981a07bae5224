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
      // An error of ours or of better-sqlite3 is caused by this thread itself, so it cannot end while we wait.
      if (!(error instanceof DatabaseBusy) || error.cause === undefined || isErrorNamed(error.cause, 'TypeError'))
        throw error;
      const waited = performance.now() - start;
      const left = patience.busyTimeout - waited;
      if (attempt >= patience.retries || left <= 0) {
        throw new DatabaseBusy(`${error.message} (waited ${Math.round(waited)} ms, tried ${attempt + 1} times)`, {
          cause: error.cause ?? error,
        });
      }
      sleep(Math.min(patience.backoffBase * 2 ** attempt, left));
    }
  }
}
