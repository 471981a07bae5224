import type { Lifetime, ResolvedRange } from '@kohakuvault/kvault/internal';
import { timeCell } from '../client/copy-cells.ts';
import { copyRowsOf } from '../client/copy-rows.ts';
import { ByteStrings, type Session, TextStrings } from '../client/session.ts';
import { batchesBy } from '../execution/batches.ts';
import { copiedIn } from '../execution/copied-in.ts';
import type { Executor } from '../execution/executor.ts';
import type { EntryReads, NewEntry, NewTimedEntry, StoredEntry } from './entry-reads.ts';
import type { EntrySql } from './entry-sql.ts';
import { keyId } from './keys.ts';
import { timeParameters } from './life.ts';
import { putLong, writeParts } from './long-values.ts';

const { randomUUID } = process.getBuiltinModule('node:crypto');

/** How many bytes of entries one statement takes. Its parameters are in memory twice. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** Writes the stored bytes of values. Values that are too long for their row go into parts. */
export class EntryWrites {
  readonly #sql: EntrySql;
  readonly #reads: EntryReads;
  readonly #maxBlobBytes: number;

  constructor(sql: EntrySql, reads: EntryReads, maxBlobBytes: number) {
    this.#sql = sql;
    this.#reads = reads;
    this.#maxBlobBytes = maxBlobBytes;
  }

  fitsRow(length: number): boolean {
    return length <= this.#maxBlobBytes;
  }

  async set(executor: Executor, entry: NewEntry): Promise<void> {
    const { key, value, life } = entry;
    if (this.fitsRow(value.length)) {
      const { count } = life
        ? await executor.tell(this.#sql.putUntil, [key, value, ...timeParameters(life)])
        : await executor.tell(this.#sql.put, [key, value]);
      if (count > 0) return;
    }
    // A value in parts goes, or comes, or the time at which the entry expires goes.
    await executor.atomically((session) => this.setIn(session, entry));
  }

  /** Writes an entry in the transaction of a session. */
  async setIn(session: Session, { key, value, life }: NewEntry): Promise<void> {
    if (this.fitsRow(value.length)) {
      await session.query(this.#sql.putUntil, [key, value, ...timeParameters(life)]);
    } else {
      const parts = await writeParts(session, this.#sql, key, value);
      await putLong(session, this.#sql, key, { ...parts, life });
    }
  }

  async setMany(executor: Executor, entries: readonly StoredEntry[], life?: Lifetime): Promise<void> {
    await this.#putAll(executor, entries, {
      short: (session, batch) => this.#putBatch(session, batch, life),
      long: (session, entry) => this.setIn(session, { ...entry, life }),
    });
  }

  /** Writes entries, each with the time at which it expires, for those who copy them. */
  async putTimed(executor: Executor, entries: readonly NewTimedEntry[]): Promise<void> {
    await this.#putAll(executor, entries, {
      short: async (session, batch) => {
        await session.query(this.#sql.putManyTimed, [
          new ByteStrings(batch.map(({ key }) => key)),
          new ByteStrings(batch.map(({ value }) => value)),
          new TextStrings(batch.map(({ until }) => (until === undefined ? null : String(until)))),
        ]);
      },
      long: (session, { key, value, until }) =>
        this.setIn(session, { key, value, life: until === undefined ? undefined : { until } }),
    });
  }

  /**
   * Does the same for keys that are most likely new: by COPY, which takes about half as long as INSERT, and knows no
   * conflicts. If there is one after all, they are set.
   */
  async addTimed(executor: Executor, entries: readonly NewTimedEntry[]): Promise<void> {
    const short = entries.filter((entry) => this.#isShort(entry));
    const rows = () =>
      copyRowsOf(short.map(({ key, value, until }) => [key, value, until === undefined ? null : timeCell(until)]));
    const areIn = await copiedIn(executor, this.#sql.copyIn, short.length > 0 ? [rows] : []);
    const others = areIn ? entries.filter((entry) => !this.#isShort(entry)) : entries;
    await this.putTimed(executor, others);
  }

  async delete(executor: Executor, key: Buffer): Promise<boolean> {
    const { count } = await executor.tell(this.#sql.delete, [key]);
    return count > 0;
  }

  async deleteMany(executor: Executor, keys: readonly Buffer[]): Promise<number> {
    if (keys.length === 0) return 0;
    const { count } = await executor.write((session) => session.query(this.#sql.deleteMany, [new ByteStrings(keys)]));
    return count;
  }

  async deleteRange(executor: Executor, range: ResolvedRange): Promise<number> {
    const { text, parameters } = this.#sql.deleteRange(range);
    const { count } = await executor.write((session) => session.query(text, parameters));
    return count;
  }

  async clear(executor: Executor): Promise<void> {
    await executor.write((session) => session.query(this.#sql.clear));
  }

  /** Deletes an entry. Returns its stored value. */
  async pop(executor: Executor, key: Buffer): Promise<Buffer | undefined> {
    const { rows } = await executor.write((session) => session.query(this.#sql.popShort, [key]));
    if (rows[0]) return rows[0][0] as Buffer;
    if (!(await this.#reads.has(executor, key))) return undefined;
    return await executor.atomically(async (session) => {
      const value = await this.#reads.getLocked(session, key);
      if (value) await session.query(this.#sql.delete, [key]);
      return value;
    });
  }

  /** Writes an entry if its key does not exist. Returns what is stored then. */
  async setDefault(executor: Executor, entry: NewEntry): Promise<Buffer> {
    for (;;) {
      const found = await this.#reads.get(executor, entry.key);
      if (found) return found;
      if (await this.putNew(executor, entry)) return entry.value;
    }
  }

  /** Gives a value another key. Returns whether there was one. */
  async rename(executor: Executor, from: Buffer, to: Buffer): Promise<boolean> {
    if (from.equals(to)) return await this.#reads.has(executor, from);
    return await executor.atomically(async (session) => {
      const { rows } = await session.query(this.#sql.getForUpdate, [from]);
      const row = rows[0] as [Buffer, string | null, number | null] | undefined;
      if (!row) return false;
      const [value, parts, size] = row;
      const { rows: times } = await session.query(this.#sql.expiresAt, [from]);
      const until = times[0]?.[0] as number | null | undefined;
      const life = typeof until === 'number' ? { until } : undefined;
      // The parts lie with their key, on the server that has it.
      const moved = randomUUID();
      if (parts !== null) await session.query(this.#sql.copyParts, [from, to, parts, moved]);
      await session.query(this.#sql.delete, [from]);
      if (parts === null || size === null) await this.setIn(session, { key: to, value, life });
      else await putLong(session, this.#sql, to, { id: moved, size, life });
      return true;
    });
  }

  /** Has an entry expire at another time. Returns whether it is there. */
  async touch(executor: Executor, key: Buffer, life: Lifetime | undefined): Promise<boolean> {
    const { count } = await executor.tell(this.#sql.touch, [key, ...timeParameters(life)]);
    return count > 0;
  }

  /** Removes entries that have expired, at most so many. Returns how many. */
  async purge(executor: Executor, limit: number): Promise<number> {
    const { count } = await executor.write((session) => session.query(this.#sql.purge, [limit]));
    return count;
  }

  /** Writes an entry if its key does not exist. Returns whether it did. */
  async putNew(executor: Executor, entry: NewEntry): Promise<boolean> {
    const { key, value, life } = entry;
    if (this.fitsRow(value.length)) {
      const { rows } = await executor.write((session) =>
        session.query(this.#sql.putNew, [key, value, ...timeParameters(life)]),
      );
      return rows.length > 0;
    }
    return await executor.atomically(async (session) => {
      const { id, size } = await writeParts(session, this.#sql, key, value);
      const { rows } = await session.query(this.#sql.putNewLong, [key, id, size, ...timeParameters(life)]);
      if (rows.length === 0) await session.query(this.#sql.deleteParts, [key, id]);
      return rows.length > 0;
    });
  }

  async #putBatch(session: Session, batch: readonly StoredEntry[], life: Lifetime | undefined): Promise<void> {
    const keys = new ByteStrings(batch.map(({ key }) => key));
    const values = new ByteStrings(batch.map(({ value }) => value));
    if (life) await session.query(this.#sql.putManyUntil, [keys, values, ...timeParameters(life)]);
    else await session.query(this.#sql.putMany, [keys, values]);
  }

  /** Writes entries, all or none: the short ones in batches, and each long one alone. */
  async #putAll<E extends StoredEntry>(
    executor: Executor,
    entries: readonly E[],
    put: {
      short: (session: Session, batch: readonly E[]) => Promise<void>;
      long: (session: Session, entry: E) => Promise<void>;
    },
  ): Promise<void> {
    const { short, long } = this.#sorted(entries);
    const batches = batchesOf(short);
    const [first] = batches;
    if (first && batches.length === 1 && long.length === 0) {
      await executor.write((session) => put.short(session, first));
    } else if (first || long.length > 0) {
      await executor.atomically(async (session) => {
        for (const batch of batches) await put.short(session, batch);
        for (const entry of long) await put.long(session, entry);
      });
    }
  }

  /**
   * Returns the last entry of each key, in the order of the keys: a statement must not write a row twice, and two that
   * lock the same rows in the same order do not wait for each other.
   */
  #sorted<E extends StoredEntry>(entries: readonly E[]): { short: E[]; long: E[] } {
    const last = new Map(entries.map((entry) => [keyId(entry.key), entry]));
    const sorted = [...last.values()].sort((a, b) => Buffer.compare(a.key, b.key));
    return {
      short: sorted.filter((entry) => this.#isShort(entry)),
      long: sorted.filter((entry) => !this.#isShort(entry)),
    };
  }

  #isShort({ value }: StoredEntry): boolean {
    return this.fitsRow(value.length);
  }
}

function batchesOf<E extends StoredEntry>(entries: readonly E[]): E[][] {
  return batchesBy(entries, BATCH_BYTES, ({ key, value }) => key.length + value.length);
}
