import type { Database as DatabaseType } from 'better-sqlite3';
import Database from 'better-sqlite3';

/**
 * How the file is opened: by a path in WAL mode, or as a `Database` that the user opened, in WAL or in DELETE mode. All
 * with `synchronous: 'full'`; 'wal normal' with 'normal', under which a power cut may take the newest commits along.
 */
export const JOURNALS = ['wal', 'wal normal', 'user wal', 'user delete'] as const;
export type Journal = (typeof JOURNALS)[number];

/** One call of the user's, and what it changes. */
export interface Step<Vaults, State> {
  name: string;
  /**
   * May return what it changed, where that depends on what failed inside. `state` is the model from before. Throws a
   * `KohakuVaultError` where the call failed, and anything else where it gave a wrong answer.
   */
  run(vaults: Vaults, state: State): unknown;
  /** On the model. */
  change?(state: State): void;
  /**
   * What a cache does with the change: all of it may be in the file later, or this change is in the file at once and what
   * is pending before it stays so. Otherwise everything is in the file once the call has returned.
   */
  cached?: 'later' | 'past what is pending';
  /** The steps after it build on it, so it is called until it succeeds. */
  needed?: boolean;
}

type Change<State> = (state: State) => void;

/** What a step may return in place of its `change`. */
export class Changed<State> {
  readonly change: Change<State>;

  constructor(change: Change<State>) {
    this.change = change;
  }
}

/** A call failed, but calls inside it had returned, so what they changed stays: it is pending. */
export class Kept<State> {
  readonly change: Change<State>;
  readonly cause: unknown;

  constructor(change: Change<State>, cause: unknown) {
    this.change = change;
    this.cause = cause;
  }
}

/** A failure of the user's own SQL, which reaches them as better-sqlite3 throws it. */
export class UsersOwn {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

export function usersOwn<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new UsersOwn(error);
  }
}

/** A sequence of calls and a model of what they do. */
export interface Scenario<Vaults, State> {
  empty: State;
  copy(state: State): State;
  open(file: string, journal: Journal, readonly?: boolean): Vaults;
  /** Called again where it threw. */
  close(vaults: Vaults): void;
  database(vaults: Vaults): DatabaseType;
  steps: readonly Step<Vaults, State>[];
  /** What is cached of a line is written for itself. */
  apart?: boolean;
  /** Everything that can be seen through the vaults, a line each. */
  see(vaults: Vaults): string[];
  /** The same of the model. */
  show(state: State): string[];
}

/** A scenario whose vaults and states are nobody else's concern. */
export type AnyScenario = Scenario<unknown, unknown>;

/** Small pages and hardly any cache: pages reach the WAL in the middle of transactions. */
const PAGE_SIZE = 4_096;
const CACHE_KB = 40;

interface Source {
  source: string | DatabaseType;
  options: object;
  /** After the vaults are closed, or where they could not be opened. */
  close(): void;
}

/** What vaults are made from. */
export function sourceOf(file: string, journal: Journal, readonly: boolean, pageSize = PAGE_SIZE): Source {
  if (!journal.startsWith('user')) {
    const synchronous = journal === 'wal normal' ? ('normal' as const) : ('full' as const);
    const options = { synchronous, pageSize, cacheKb: CACHE_KB, busyTimeout: 1_000, readonly };
    return { source: file, options, close: () => {} };
  }
  return usersOwn(() => {
    const database = new Database(file, { readonly, timeout: 1_000 });
    try {
      if (!readonly) {
        database.pragma(`page_size = ${pageSize}`);
        database.pragma(`journal_mode = ${journal === 'user wal' ? 'wal' : 'delete'}`);
      }
      database.pragma('synchronous = full');
      database.pragma(`cache_size = -${CACHE_KB}`);
    } catch (error) {
      database.close();
      throw error;
    }
    return { source: database, options: {}, close: () => database.close() };
  });
}

/** Runs calls one after the other, and leaves out those that fail; what those that returned have changed. */
export function attempts<State>(calls: readonly [call: () => unknown, change: Change<State>][]): Changed<State> {
  const done: Change<State>[] = [];
  for (const [call, change] of calls) {
    try {
      call();
      done.push(change);
    } catch (error) {
      // Wrong answers and raw errors are found where what is thrown is looked at.
      if (!isTyped(error)) throw error;
    }
  }
  return new Changed((state) => {
    for (const change of done) change(state);
  });
}

/** Whether an error is ours, of whichever copy of the class. */
export function isTyped(error: unknown): error is Error & { code: string } {
  return error instanceof Error && /^KV_/.test(String((error as { code?: unknown }).code));
}
