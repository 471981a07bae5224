import { DatabaseBusy } from '../errors/errors.ts';
import { fromBetterSqlite3 } from '../errors/sqlite-errors.ts';
import type { ResolvedOptions } from './options.ts';

export type Patience = Pick<ResolvedOptions, 'retries' | 'backoffBase' | 'busyTimeout'>;

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

function sleep(milliseconds: number): void {
  Atomics.wait(neverNotified, 0, 0, milliseconds);
}

/**
 * Does the work again while SQLite says busy. SQLite's own busy handler waits first, up to `busyTimeout`; the tries here
 * are for what it refuses without waiting, and together they never wait longer than `busyTimeout` either.
 */
export function withRetries<T>(work: () => T, patience: Patience): T {
  const start = performance.now();
  for (let attempt = 0; ; attempt++) {
    try {
      return work();
    } catch (thrown) {
      const error = fromBetterSqlite3(thrown);
      // What SQLite did not say, but we or better-sqlite3, is this thread's own doing, and ends only when we return.
      if (!(error instanceof DatabaseBusy) || error.cause === undefined || error.cause instanceof TypeError)
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
