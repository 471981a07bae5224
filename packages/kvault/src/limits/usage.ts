import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { quoteIdentifier, type SharedConnection } from '@kohakuvault/core-native/internal/database';
import { nameOf } from '../expiry/pending-times.ts';
import type { CheckedKey } from '../keys/keys.ts';
import { hasUsageTable, makeUsageTable, SUMS_KEY, usageTableOf } from './usage-table.ts';

/** How much a table may hold. */
export interface Limits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export const NO_LIMITS: Limits = { maxEntries: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

/** Reads are noted for the next write. Of more keys, only the last ones count. */
const MOST_NOTED = 1_000;
/** How many entries are looked for at a time. */
const AT_ONCE = 32;

interface Sums {
  bytes: number;
  entries: number;
}

interface Candidate {
  key: Buffer;
  bytes: number;
}

/** Keeps a table within limits: a write removes the entries that were used least recently. */
export class Usage {
  readonly #shared: SharedConnection;
  readonly #table: string;
  readonly #name: string;
  #limits: Limits = NO_LIMITS;
  /** The keys that were read since the last write, the last one at the end. */
  readonly #read = new Set<string>();

  constructor(shared: SharedConnection, table: string) {
    this.#shared = shared;
    this.#table = table;
    this.#name = `main.${quoteIdentifier(usageTableOf(table))}`;
    if (!shared.readonly && !hasUsageTable(shared, table)) {
      shared.transaction(() => {
        // Another process may have made it since.
        if (!hasUsageTable(shared, table)) makeUsageTable(shared, table);
      });
    }
  }

  /** Lowers the limits to those of another vault, if they are lower. */
  limit({ maxEntries, maxBytes }: Limits): void {
    this.#limits = {
      maxEntries: Math.min(this.#limits.maxEntries, maxEntries),
      maxBytes: Math.min(this.#limits.maxBytes, maxBytes),
    };
  }

  /** Notes that a key was read. */
  noteRead(key: CheckedKey): void {
    const name = nameOf(key);
    this.#read.delete(name);
    this.#read.add(name);
    if (this.#read.size <= MOST_NOTED) return;
    for (const oldest of this.#read) {
      this.#read.delete(oldest);
      return;
    }
  }

  /** Refuses an entry that is longer than all entries may be. */
  checkLength(bytes: number): void {
    if (bytes <= this.#limits.maxBytes) return;
    throw new InvalidArgument(
      `an entry of ${bytes} bytes does not fit ${this.#table}, whose maxBytes is ${this.#limits.maxBytes}; ` +
        'raise maxBytes, or store it elsewhere',
    );
  }

  /** Sets the length of an entry whose value is in parts. Call it when the row has been written. */
  setBytes(key: Buffer, value: number): void {
    const bytes = key.length + value;
    this.checkLength(bytes);
    const set = this.#shared.statement(
      `UPDATE ${this.#name} SET bytes = bytes + ? - (SELECT bytes FROM ${this.#name} WHERE key = ?)
        WHERE key IN (${SUMS_KEY}, ?)`,
    );
    this.#shared.write(() => set.run(bytes, key, key));
  }

  /**
   * Removes entries until the table is within its limits. Call it in the transaction of a write. `remove` deletes the
   * row of a key, and the trigger what is known of it.
   */
  enforce(removeExpired: (limit: number) => number, remove: (key: Buffer) => boolean): void {
    this.#writeReads();
    let sums = this.#sums();
    while (this.#isOver(sums) && removeExpired(AT_ONCE) > 0) sums = this.#sums();
    while (this.#isOver(sums)) {
      const find = this.#shared.query<Candidate>(
        `SELECT key, bytes FROM ${this.#name} WHERE key IS NOT ${SUMS_KEY} ORDER BY used LIMIT ${AT_ONCE}`,
      );
      const before = sums.entries;
      for (const { key, bytes } of this.#shared.read(() => find.all())) {
        if (!this.#isOver(sums)) break;
        if (!remove(key)) this.#forget(key);
        sums = { bytes: sums.bytes - bytes, entries: sums.entries - 1 };
      }
      sums = this.#sums();
      // A trigger of the user keeps them.
      if (sums.entries >= before) return;
    }
  }

  #isOver({ bytes, entries }: Sums): boolean {
    return entries > this.#limits.maxEntries || bytes > this.#limits.maxBytes;
  }

  #sums(): Sums {
    const find = this.#shared.query<Sums>(`SELECT bytes, used AS entries FROM ${this.#name} WHERE key = ${SUMS_KEY}`);
    return this.#shared.read(() => find.get()) ?? { bytes: 0, entries: 0 };
  }

  /** Forgets an entry that has no row, as without the triggers. */
  #forget(key: Buffer): void {
    const forget = this.#shared.statement(
      `DELETE FROM ${this.#name} AS own WHERE key = ?
        AND NOT EXISTS (SELECT 1 FROM main.${quoteIdentifier(this.#table)} AS entry WHERE entry.key = own.key)`,
    );
    const { changes } = this.#shared.write(() => forget.run(key));
    if (changes === 0) return;
    const count = this.#shared.statement(
      `UPDATE ${this.#name} SET (bytes, used) =
        (SELECT coalesce(sum(bytes), 0), count(*) FROM ${this.#name} WHERE key IS NOT ${SUMS_KEY}) WHERE key = ${SUMS_KEY}`,
    );
    this.#shared.write(() => count.run());
  }

  #writeReads(): void {
    if (this.#read.size === 0) return;
    const use = this.#shared.statement(
      `UPDATE ${this.#name} SET used = 1 + (SELECT max(used) FROM ${this.#name} WHERE key IS NOT ${SUMS_KEY}) WHERE key = ?`,
    );
    for (const name of this.#read) this.#shared.write(() => use.run(Buffer.from(name, 'latin1')));
    this.#read.clear();
  }
}
