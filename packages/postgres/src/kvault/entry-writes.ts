import type { Lifetime, ResolvedRange } from '@kohakuvault/kvault/internal';
import { copyRowsOf } from '../client/copy-rows.ts';
import { isDuplicate } from '../client/driver-errors.ts';
import { ByteStrings, type Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import type { EntryReads, NewEntry, StoredEntry } from './entry-reads.ts';
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
    const { short, long } = this.#sorted(entries);
    const batches = batchesOf(short);
    const [first] = batches;
    if (!first) {
      if (long.length > 0) await executor.atomically((session) => this.#setLong(session, long, life));
    } else if (batches.length === 1 && long.length === 0) {
      await executor.write((session) => this.#putBatch(session, first, life));
    } else {
      await executor.atomically(async (session) => {
        for (const batch of batches) await this.#putBatch(session, batch, life);
        await this.#setLong(session, long, life);
      });
    }
  }

  /**
   * Writes entries with short values, whose keys are most likely new: by COPY, which takes about half as long as INSERT,
   * and knows no conflicts. If there is one after all, they are set.
   */
  async add(executor: Executor, entries: readonly StoredEntry[]): Promise<void> {
    try {
      await executor.write(async (session) => {
        if (!session.copyIn) return await this.#putBatch(session, entries, undefined);
        await session.copyIn(this.#sql.copyIn, copyRowsOf(entries.map(({ key, value }) => [key, value])));
      });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      await this.setMany(executor, entries);
    }
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

  async #setLong(session: Session, entries: readonly StoredEntry[], life: Lifetime | undefined): Promise<void> {
    for (const entry of entries) await this.setIn(session, { ...entry, life });
  }

  /**
   * Returns the last entry of each key, in the order of the keys: a statement must not write a row twice, and two that
   * lock the same rows in the same order do not wait for each other.
   */
  #sorted(entries: readonly StoredEntry[]): { short: StoredEntry[]; long: StoredEntry[] } {
    const last = new Map(entries.map((entry) => [keyId(entry.key), entry]));
    const sorted = [...last.values()].sort((a, b) => Buffer.compare(a.key, b.key));
    return {
      short: sorted.filter(({ value }) => this.fitsRow(value.length)),
      long: sorted.filter(({ value }) => !this.fitsRow(value.length)),
    };
  }
}

function batchesOf(entries: readonly StoredEntry[]): StoredEntry[][] {
  const batches: StoredEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const length = entry.key.length + entry.value.length;
    if (bytes + length > BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(entry);
    bytes += length;
  }
  return batches;
}
