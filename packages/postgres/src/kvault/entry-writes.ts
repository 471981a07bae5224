import type { ResolvedRange } from '@kohakuvault/kvault/internal';
import { copyRowsOf } from '../client/copy-rows.ts';
import { isDuplicate } from '../client/driver-errors.ts';
import { ByteStrings, type Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import type { EntryReads, StoredEntry } from './entry-reads.ts';
import type { EntrySql } from './entry-sql.ts';
import { keyId } from './keys.ts';
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

  async set(executor: Executor, { key, value }: StoredEntry): Promise<void> {
    if (this.fitsRow(value.length)) {
      const { count } = await executor.tell(this.#sql.put, [key, value]);
      if (count > 0) return;
    }
    // A value in parts goes, or comes.
    await executor.atomically((session) => this.setIn(session, { key, value }));
  }

  /** Writes an entry in the transaction of a session. */
  async setIn(session: Session, { key, value }: StoredEntry): Promise<void> {
    if (this.fitsRow(value.length)) await session.query(this.#sql.putOver, [key, value]);
    else await putLong(session, this.#sql, key, await writeParts(session, this.#sql, key, value));
  }

  async setMany(executor: Executor, entries: readonly StoredEntry[]): Promise<void> {
    const { short, long } = this.#sorted(entries);
    const batches = batchesOf(short);
    const [first] = batches;
    if (!first) {
      if (long.length > 0) await executor.atomically((session) => this.#setLong(session, long));
    } else if (batches.length === 1 && long.length === 0) {
      await executor.write((session) => this.#putBatch(session, first));
    } else {
      await executor.atomically(async (session) => {
        for (const batch of batches) await this.#putBatch(session, batch);
        await this.#setLong(session, long);
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
        if (!session.copyIn) return await this.#putBatch(session, entries);
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
  async setDefault(executor: Executor, { key, value }: StoredEntry): Promise<Buffer> {
    for (;;) {
      const found = await this.#reads.get(executor, key);
      if (found) return found;
      if (await this.#putNew(executor, { key, value })) return value;
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
      if (parts === null || size === null) {
        await session.query(this.#sql.putOver, [to, value]);
      } else {
        // The parts lie with their key, on the server that has it.
        const moved = randomUUID();
        await session.query(this.#sql.copyParts, [from, to, parts, moved]);
        await putLong(session, this.#sql, to, { id: moved, size });
      }
      await session.query(this.#sql.delete, [from]);
      return true;
    });
  }

  async #putNew(executor: Executor, { key, value }: StoredEntry): Promise<boolean> {
    if (this.fitsRow(value.length)) {
      const { rows } = await executor.write((session) => session.query(this.#sql.putNew, [key, value]));
      return rows.length > 0;
    }
    return await executor.atomically(async (session) => {
      // The row first, which nobody else can make then; it gets its parts in the same transaction.
      const { rows } = await session.query(this.#sql.putNew, [key, Buffer.alloc(0)]);
      if (rows.length === 0) return false;
      await this.setIn(session, { key, value });
      return true;
    });
  }

  async #putBatch(session: Session, batch: readonly StoredEntry[]): Promise<void> {
    const keys = new ByteStrings(batch.map(({ key }) => key));
    await session.query(this.#sql.putMany, [keys, new ByteStrings(batch.map(({ value }) => value))]);
  }

  async #setLong(session: Session, entries: readonly StoredEntry[]): Promise<void> {
    for (const entry of entries) await this.setIn(session, entry);
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
