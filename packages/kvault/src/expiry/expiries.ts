import {
  type Access,
  quoteIdentifier,
  type SharedConnection,
  type TransactionParticipant,
} from '@kohakuvault/core-native/internal/database';
import { type CheckedKey, toBytes } from '../keys/keys.ts';
import { liesIn, type ResolvedRange, selectionOf } from '../keys/range.ts';
import { DueRows } from './due-rows.ts';
import { NEVER } from './expiry-options.ts';
import { hasExpiryTable, makeExpiryTable, timesOf } from './expiry-table.ts';
import { nameOf, type PendingTimes } from './pending-times.ts';
import { type TimeOfKey, TimeWrites } from './time-writes.ts';

/** What is pending for a table: it hides what the file has, and has times of its own. */
export interface PendingWithTimes {
  readonly count: number;
  readonly times: PendingTimes;
  has(key: CheckedKey): boolean;
}

/** Stands for a state of the file that nobody has looked at. */
const UNKNOWN = -1;

/**
 * When the entries of one table expire, for all vaults on a connection.
 *
 * What it costs a read is one comparison: for as long as the file state is the same, it knows the time before which
 * nothing expires, and that there is none if the file has no table of times. Only when that time has come are keys
 * looked up in the table, until the entries that have expired are removed.
 */
export class Expiries implements TransactionParticipant {
  readonly #shared: SharedConnection;
  readonly #table: string;
  readonly #pending: PendingWithTimes;
  /** The quoted name of the table of times. */
  readonly #times: string;
  readonly #rows: DueRows;
  readonly #writes: TimeWrites;
  /** The file state that was looked at, and SQLite's number of its schema. */
  #version: number | undefined = UNKNOWN;
  #schema = UNKNOWN;
  #hasTable = false;
  /** Nothing in the file expires before. If it is past, something has expired, or many rows are due. */
  #first = NEVER;
  /** No row of the file is due before. */
  #due = NEVER;
  /** When the rows that were due were looked at. */
  #lookedAt = 0;

  constructor(shared: SharedConnection, table: string, pending: PendingWithTimes) {
    this.#shared = shared;
    this.#table = table;
    this.#pending = pending;
    this.#times = timesOf(table);
    this.#writes = new TimeWrites(shared, this.#times);
    this.#rows = new DueRows(shared, this.#times, `main.${quoteIdentifier(table)}`);
    shared.levels.join(this);
  }

  /**
   * Whether entries may have expired that are still there. It prepares a read in place of `prepareRead`. If it returns
   * false, the read needs nothing else.
   */
  isDue(connection: Access): boolean {
    const version = connection.version();
    if (version !== this.#version || version === undefined) this.#look(version);
    const { first } = this;
    if (first === NEVER) return false;
    const now = Date.now();
    if (first > now) return false;
    if (this.#first > now || this.#first <= this.#lookedAt) return true;
    // Perhaps a row is due whose entry was written again.
    this.#lookAtTimes();
    return this.first <= now;
  }

  /**
   * Whether something may be removed, as far as it is known without a look at the file. For writes, beside which that
   * is done.
   */
  get hasDue(): boolean {
    const due = Math.min(this.#due, this.#pending.times.first);
    return due !== NEVER && due <= Date.now();
  }

  /** Nothing expires before this, as far as it is known. */
  get first(): number {
    return Math.min(this.#first, this.#pending.times.first);
  }

  /** Whether the table may have entries that expire, as far as it is known. */
  get isUsed(): boolean {
    return this.#schema === UNKNOWN || this.#hasTable || this.#pending.times.first !== NEVER;
  }

  /** Whether the entry of a key has expired. It need only be called when `isDue`. */
  hides(key: CheckedKey): boolean {
    return this.#timeOf(key) <= Date.now();
  }

  /** Returns when the entry of a key expires. It tells nothing of a key that does not exist. */
  timeOf(connection: Access, key: CheckedKey): number {
    this.isDue(connection);
    return this.#timeOf(key);
  }

  /** Returns a time after this one, before which no entry expires that has not expired yet. */
  nextAfter(now: number): number {
    const stored = this.#first > now ? this.#first : this.#rows.nextAfter(now);
    return Math.min(stored, this.#pending.times.nextAfter(now));
  }

  /** Counts the entries of a range that have expired and are still there, pending or in the file. */
  countHidden(range: ResolvedRange): number {
    const now = Date.now();
    const inRange = this.#pending.times.expired(now).filter((key) => liesIn(range, key));
    return inRange.length + (this.#first <= now ? this.#countStored(range, now) : 0);
  }

  /**
   * Returns the keys, as `nameOf` writes them, that a page of so many rows at the beginning of a range leaves out now.
   * Call it in the state in which the page is read.
   */
  hiddenIn(range: ResolvedRange, rows: number, now: number): ReadonlySet<string> {
    const hidden = new Set(this.#pending.times.expiredNames(now));
    const most = hidden.size + rows;
    for (let rest = range; this.#first <= now && hidden.size < most; ) {
      const { sql, parameters } = selectionOf(rest);
      const find = this.#query<Buffer>(
        `SELECT key ${this.#expiredRows(sql)} ORDER BY key ${rest.reverse ? 'DESC' : 'ASC'} LIMIT ?`,
      );
      const keys = this.#shared.read(() => find.all(...parameters, now, now, rows));
      for (const key of keys) if (this.#pending.count === 0 || !this.#pending.has(key)) hidden.add(nameOf(key));
      const last = keys.at(-1);
      if (last === undefined || keys.length < rows) break;
      const bound = { key: last, inclusive: false };
      rest = rest.reverse ? { ...rest, upper: bound } : { ...rest, lower: bound };
    }
    return hidden;
  }

  /** Sets when the entry of a key expires, which has just been written. Call it inside the transaction of that. */
  put(key: CheckedKey, time: number): void {
    if (time === NEVER) return;
    this.#ensureTable();
    this.#writes.put(toBytes(key), time);
    this.#noteTime(time);
  }

  /** Does the same for many keys. */
  putMany(entries: readonly TimeOfKey[]): void {
    if (entries.length === 0) return;
    this.#ensureTable();
    this.#writes.putMany(entries);
    for (const [, time] of entries) this.#noteTime(time);
  }

  /** Has the entry of a key, which the file has, expire at another time or never. Call it inside a transaction. */
  change(key: CheckedKey, time: number): void {
    if (time !== NEVER) this.put(key, time);
    else if (this.#hasTable) this.#writes.drop(toBytes(key));
  }

  /** Writes the times of the pending entries, which have just been written. */
  putPending(): void {
    this.putMany(this.#pending.times.entries());
  }

  /**
   * Removes entries of the file that have expired, as `DueRows.take` does. Call it inside a transaction. Returns how many
   * were removed, and how many rows of the table of times are done.
   */
  removeStored(limit: number, remove: (key: Buffer) => boolean): { removed: number; done: number } {
    this.#refresh();
    if (!this.#hasTable) return { removed: 0, done: 0 };
    const taken = this.#rows.take(limit, remove);
    if (taken.done > 0) this.#look(this.#shared.version());
    return taken;
  }

  rollback(): void {
    // The numbers of schemas that are undone are given to others.
    this.#version = this.#schema = UNKNOWN;
    this.#hasTable = false;
  }

  #timeOf(key: CheckedKey): number {
    if (this.#pending.count > 0 && this.#pending.has(key)) return this.#pending.times.of(key);
    if (!this.#hasTable) return NEVER;
    const find = this.#query<number>(`SELECT expires_at FROM ${this.#times} WHERE key = ?`);
    return this.#shared.read(() => find.get(toBytes(key))) ?? NEVER;
  }

  #countStored(range: ResolvedRange, now: number): number {
    const { sql, parameters } = selectionOf(range);
    const rows = this.#expiredRows(sql);
    if (this.#pending.count === 0) {
      const count = this.#query<number>(`SELECT count(*) ${rows}`);
      return this.#shared.read(() => count.get(...parameters, now, now)) ?? 0;
    }
    // A pending write counts, not what it hides.
    const find = this.#query<Buffer>(`SELECT key ${rows}`);
    const keys = this.#shared.read(() => find.all(...parameters, now, now));
    return keys.filter((key) => !this.#pending.has(key)).length;
  }

  /**
   * Returns the SQL of the times of entries that are there, have the keys selected, and had expired at a time: the next
   * two parameters. What has expired is due.
   */
  #expiredRows(selection: string): string {
    return (
      `FROM ${this.#times} AS times WHERE ${selection} AND due_at <= ? AND expires_at <= ? ` +
      `AND ${this.#rows.isThere}`
    );
  }

  #noteTime(time: number): void {
    this.#first = Math.min(this.#first, time);
    this.#due = Math.min(this.#due, time);
  }

  #ensureTable(): void {
    if (this.#hasTable) return;
    this.#refresh();
    if (this.#hasTable) return;
    makeExpiryTable(this.#shared, this.#table);
    this.#hasTable = true;
    this.#schema = UNKNOWN;
  }

  #refresh(): void {
    const version = this.#shared.version();
    if (version !== this.#version || version === undefined) this.#look(version);
  }

  /** Looks at the file again, which another connection, the user or a trigger may have changed. */
  #look(version: number | undefined): void {
    const number = this.#shared.query<number>('PRAGMA main.schema_version', { pluck: true });
    const schema = this.#shared.read(() => number.get()) ?? UNKNOWN;
    if (schema !== this.#schema) this.#hasTable = hasExpiryTable(this.#shared, this.#table);
    this.#schema = schema;
    this.#first = this.#due = NEVER;
    if (this.#hasTable) this.#lookAtTimes();
    this.#version = version;
  }

  #lookAtTimes(): void {
    this.#lookedAt = Date.now();
    const { due, expires } = this.#rows.first(this.#lookedAt);
    this.#due = due;
    this.#first = expires;
  }

  #query<T>(sql: string) {
    return this.#shared.query<T>(sql, { pluck: true });
  }
}
