import type { Database as DatabaseType } from 'better-sqlite3';
import Database from 'better-sqlite3';

/**
 * The source of the vaults: a path in WAL mode, or a `Database` that the user opened, in WAL or in DELETE mode. All use
 * `synchronous: 'full'`, except 'wal normal': with 'normal' a power cut may lose the newest commits.
 */
export const JOURNALS = ['wal', 'wal normal', 'user wal', 'user delete'] as const;
export type Journal = (typeof JOURNALS)[number];

/** One call of the user, and its change. */
export interface Step<Vaults, State> {
  name: string;
  /**
   * Makes the call. It may return what it changed, if that depends on what failed inside. `state` is the model from
   * before. Throws a `KohakuVaultError` if the call failed, and any other error if it gave a wrong answer.
   */
  run(vaults: Vaults, state: State): unknown;
  /** Changes the model. */
  change?(state: State): void;
  /**
   * What a cache does with the change: it may reach the file later, or it is in the file at once while earlier writes
   * stay pending. Without it, everything is in the file once the call has returned.
   */
  cached?: 'later' | 'past what is pending';
  /** Later steps depend on it, so it is called until it succeeds. */
  needed?: boolean;
}

type Change<State> = (state: State) => void;

/** A change that a step returns instead of its `change`. */
export class Changed<State> {
  readonly change: Change<State>;

  constructor(change: Change<State>) {
    this.change = change;
  }
}

/** A failed call whose inner calls had returned: their changes stay pending. */
export class Kept<State> {
  readonly change: Change<State>;
  readonly cause: unknown;

  constructor(change: Change<State>, cause: unknown) {
    this.change = change;
    this.cause = cause;
  }
}

/** A failure of the user's own SQL, which is thrown as better-sqlite3 throws it. */
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
  /** Opens the vaults. It is called again if it threw. */
  close(vaults: Vaults): void;
  database(vaults: Vaults): DatabaseType;
  steps: readonly Step<Vaults, State>[];
  /** Whether the cache writes each line on its own. */
  apart?: boolean;
  /** Returns everything that the vaults show, a line each. */
  see(vaults: Vaults): string[];
  /** Returns the same of the model. */
  show(state: State): string[];
}

/** A scenario whose types of vaults and states only it knows. */
export type AnyScenario = Scenario<unknown, unknown>;

/** Small pages and a tiny page cache: pages reach the WAL in the middle of transactions. */
const PAGE_SIZE = 4_096;
const CACHE_KB = 40;

interface Source {
  source: string | DatabaseType;
  options: object;
  /** Runs after the vaults are closed, or if they could not be opened. */
  close(): void;
}

/** Returns the source of the vaults. */
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

/** Something that closes, and may be closed again. */
interface Closable {
  close(): void;
}

/** The vaults of a scenario, and how they are closed. */
export interface Opened {
  /** Closes the vaults, the last opened first, and then their source. */
  closeAll(): void;
}

/** Opens vaults on a source. If one of them cannot be opened, closes the others and the source. */
export function opened<V>(
  source: Source,
  open: (source: Source, keep: <T extends Closable>(vault: T) => T) => V,
): V & Opened {
  const closables: Closable[] = [source];
  const closeAll = () => {
    for (const closable of closables) closable.close();
  };
  try {
    const vaults = open(source, (vault) => {
      closables.unshift(vault);
      return vault;
    });
    return { ...vaults, closeAll };
  } catch (error) {
    closeAll();
    throw error;
  }
}

/** Runs calls one after the other, and skips those that fail. Returns the change of those that returned. */
export function attempts<State>(calls: readonly [call: () => unknown, change: Change<State>][]): Changed<State> {
  const done: Change<State>[] = [];
  for (const [call, change] of calls) {
    try {
      call();
      done.push(change);
    } catch (error) {
      // Wrong answers and raw errors are reported by the code that checks errors.
      if (!isTyped(error)) throw error;
    }
  }
  return new Changed((state) => {
    for (const change of done) change(state);
  });
}

/** Returns whether an error is ours, from any copy of the class. */
export function isTyped(error: unknown): error is Error & { code: string } {
  return error instanceof Error && /^KV_/.test(String((error as { code?: unknown }).code));
}
