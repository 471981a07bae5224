import type { SharedConnection } from '@kohakuvault/core-native/internal/database';
import { NEVER } from './expiry-options.ts';

/** How many rows are looked at that are due, in search of entries that have expired. */
const MOST_LOOKED_AT = 32;

/** A row of the table of times. */
interface Row {
  readonly key: Buffer;
  /** When the entry expires; null if it does not any more. */
  readonly expires: number | null;
}

/** When the first row of a table of times is due, and a time before which no entry expires. */
export interface FirstTimes {
  readonly due: number;
  readonly expires: number;
}

/**
 * The rows of a table of times in the order in which they are due. A row is due at a time that is not after that of its
 * entry: when the entry would have expired had it not been written again.
 */
export class DueRows {
  readonly #shared: SharedConnection;
  /** The quoted names of the table of times, and of that of the entries. */
  readonly #times: string;
  readonly #entries: string;

  constructor(shared: SharedConnection, times: string, entries: string) {
    this.#shared = shared;
    this.#times = times;
    this.#entries = entries;
  }

  /** Finds the first times. If many rows are due, `expires` is past. */
  first(now: number): FirstTimes {
    const find = this.#shared.query<{ due: number; expires: number | null }>(
      `SELECT due_at AS due, expires_at AS expires FROM ${this.#times} ORDER BY due_at LIMIT 1`,
    );
    const { due = NEVER, expires = null } = this.#shared.read(() => find.get()) ?? {};
    if (due > now) return { due, expires: due };
    return { due, expires: expires !== null && expires <= now ? expires : this.#firstOfMany(now) };
  }

  /** Returns a time after this one, before which no entry expires that has not expired yet. */
  nextAfter(now: number): number {
    const find = this.#query<number>(`SELECT min(expires_at) FROM ${this.#times} WHERE due_at <= ? AND expires_at > ?`);
    return Math.min(this.#shared.read(() => find.get(now, now)) ?? NEVER, this.#dueAfter(now));
  }

  /**
   * Takes rows that are due, at most so many, the longest due first: removes their entries, or has the rows be due when
   * these expire. Call it inside a transaction. `remove` deletes the row of a key, and the trigger its time. Returns how
   * many entries were removed, and how many rows are done.
   */
  take(limit: number, remove: (key: Buffer) => boolean): { removed: number; done: number } {
    const now = Date.now();
    const find = this.#shared.query<Row>(
      `SELECT key, expires_at AS expires FROM ${this.#times} WHERE due_at <= ? ORDER BY due_at LIMIT ?`,
    );
    let [removed, others] = [0, 0];
    for (const { key, expires } of this.#shared.read(() => find.all(now, limit))) {
      if (expires === null) others += this.#change('DELETE FROM <times> WHERE key = ?', key);
      else if (expires > now) others += this.#change('UPDATE <times> SET due_at = expires_at WHERE key = ?', key);
      else if (remove(key)) removed++;
      // The time of a key that has no row, as without the triggers.
      else others += this.#change(`DELETE FROM <times> AS times WHERE key = ? AND NOT ${this.isThere}`, key);
    }
    return { removed, done: removed + others };
  }

  /** The SQL that tells whether a row, of `times`, has an entry. */
  get isThere(): string {
    return `EXISTS (SELECT 1 FROM ${this.#entries} AS entries WHERE entries.key = times.key)`;
  }

  #firstOfMany(now: number): number {
    const find = this.#query<number | null>(
      `SELECT expires_at FROM ${this.#times} WHERE due_at <= ? ORDER BY due_at LIMIT ${MOST_LOOKED_AT}`,
    );
    const times = this.#shared.read(() => find.all(now));
    return times.length === MOST_LOOKED_AT ? now : Math.min(this.#dueAfter(now), ...times.map((time) => time ?? NEVER));
  }

  #dueAfter(now: number): number {
    const find = this.#query<number>(`SELECT min(due_at) FROM ${this.#times} WHERE due_at > ?`);
    return this.#shared.read(() => find.get(now)) ?? NEVER;
  }

  /** Changes a row. Returns how many were changed. */
  #change(sql: string, key: Buffer): number {
    const change = this.#shared.statement(sql.replace('<times>', () => this.#times));
    return this.#shared.write(() => change.run(key)).changes;
  }

  #query<T>(sql: string) {
    return this.#shared.query<T>(sql, { pluck: true });
  }
}
