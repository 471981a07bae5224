import {
  agreeOnEncoding,
  type Connection,
  KvTable,
  otherEncoding,
  quoteIdentifier,
  type SharedConnection,
  tableKey,
} from '@kohakuvault/core-native/internal/database';
import { Expiries } from '../expiry/expiries.ts';
import { type Limits, Usage } from '../limits/usage.ts';
import { ValueBytes } from '../values/value-bytes.ts';
import { PendingEntries } from './pending-entries.ts';
import { ReplacementWatches } from './replacement-watch.ts';
import { TableWrites } from './table-writes.ts';

/** How many entries that have expired a write removes at least. */
const REMOVED_AT_ONCE = 16;

/**
 * What all vaults on one connection share of a table: its rows, ranges of its values, its pending writes, and when its
 * entries expire.
 */
export class SharedTable {
  readonly rows: KvTable;
  readonly values: ValueBytes;
  readonly pending: PendingEntries;
  readonly expiries: Expiries;
  /** What keeps the table within limits, if a vault has some. */
  usage: Usage | undefined;
  readonly #shared: SharedConnection;
  #maxBlobBytes = Number.POSITIVE_INFINITY;
  #vaults = 0;
  /** The encoding of the vaults that are open. */
  #encoding: string | undefined;

  private constructor(shared: SharedConnection, table: string) {
    this.#shared = shared;
    this.rows = new KvTable(shared, table, shared.isReadInPlace);
    this.values = new ValueBytes(shared, table);
    this.pending = new PendingEntries(shared, this.rows, () => {
      const { count } = this.pending;
      new TableWrites(shared, this.rows, this.values, this.#maxBlobBytes).writePending();
      this.expiries.putPending();
      this.enforceLimits();
      if (this.expiries.hasDue) this.sweep(count, (body) => shared.transaction(body));
    });
    this.expiries = new Expiries(shared, table, this.pending);
  }

  /**
   * Returns the connection's object for a table. A flush splits values by the smallest `maxBlobBytes` of the vaults,
   * and all of them keep the table within the lowest limits.
   */
  static of(connection: Connection, table: string, maxBlobBytes: number, limits: Limits | undefined): SharedTable {
    const made = connection.companion(`table ${tableKey(table)}`, (shared) => new SharedTable(shared, table));
    made.#maxBlobBytes = Math.min(made.#maxBlobBytes, maxBlobBytes);
    made.#vaults++;
    connection.whenEnded(() => {
      if (--made.#vaults > 0) return;
      made.#encoding = undefined;
      made.usage = made.values.onParts = undefined;
    });
    if (limits) made.#limit(limits);
    return made;
  }

  /** Checks that the values have the encoding that a vault was opened with. The first vault on a new table decides. */
  agreeOnEncoding(connection: Connection, encoding: string): void {
    const { table } = this.values;
    // A vault on an empty table has decided too, though the file may say nothing.
    if (this.#encoding !== undefined && this.#encoding !== encoding) {
      throw otherEncoding(table, encoding, this.#encoding);
    }
    const first = connection.query(`SELECT 1 FROM main.${quoteIdentifier(table)} LIMIT 1`);
    const isEmpty = () => this.pending.count === 0 && connection.read(() => first.get()) === undefined;
    agreeOnEncoding(connection, { table, encoding, isEmpty });
    this.#encoding = encoding;
  }

  /**
   * Removes some of the entries that have expired, beside the write of so many entries. `run` runs a transaction, or
   * does not if it would have to wait. A failure is left to the next write: the entries are hidden anyway.
   */
  sweep(written: number, run: (body: () => void) => void): void {
    try {
      run(() => void this.#removeDue(Math.max(REMOVED_AT_ONCE, written)));
    } catch {
      // As above.
    }
  }

  /**
   * Removes entries of the file that have expired, at most so many. Call it inside a transaction. If it removes none,
   * there are none.
   */
  removeExpired(limit: number): number {
    for (;;) {
      const { removed, done } = this.#removeDue(limit);
      if (removed > 0 || done === 0) return removed;
    }
  }

  #removeDue(limit: number): { removed: number; done: number } {
    const watches = ReplacementWatches.of(this.#shared);
    return this.expiries.removeStored(limit, (key) => this.#remove(key, watches));
  }

  /** Removes what was used least recently while the table is beyond its limits. Call it in the transaction of a write. */
  enforceLimits(): void {
    if (!this.usage) return;
    const watches = ReplacementWatches.of(this.#shared);
    this.usage.enforce(
      (limit) => this.removeExpired(limit),
      (key) => this.#remove(key, watches),
    );
  }

  #remove(key: Buffer, watches: ReplacementWatches): boolean {
    const existed = this.#shared.write(() => this.rows.delete(key));
    if (existed) watches.noteReplaced(this.values.table, key);
    return existed;
  }

  #limit(limits: Limits): void {
    const usage = this.usage ?? new Usage(this.#shared, this.values.table);
    usage.limit(limits);
    this.usage = usage;
    this.values.onParts = (key, size) => usage.setBytes(key, size);
  }

  /** Whether several vaults on the connection have the table open. */
  get isShared(): boolean {
    return this.#vaults > 1;
  }
}
