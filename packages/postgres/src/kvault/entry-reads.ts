import { type Lifetime, NEVER, type ResolvedRange } from '@kohakuvault/kvault/internal';
import { HEADER_LENGTH } from '@kohakuvault/packer/value';
import type { CopiedRow } from '../client/copied-rows.ts';
import { ByteStrings, type Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { FEW } from '../execution/pages.ts';
import type { EntrySql, ScannedColumns } from './entry-sql.ts';
import { keyId } from './keys.ts';
import { incomplete, readParts } from './long-values.ts';

/** An entry as it is stored. */
export interface StoredEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** An entry that is written; without a lifetime, it does not expire. */
export interface NewEntry extends StoredEntry {
  readonly life?: Lifetime | undefined;
}

/** An entry that is copied, with the time at which it expires, in milliseconds since 1970. */
export interface NewTimedEntry extends StoredEntry {
  readonly until?: number | undefined;
}

/** An entry of a page. Its value is undefined if it is in parts. */
export interface PageEntry {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** An entry of a page, with the time at which it expires, in milliseconds since 1970. */
export interface TimedEntry extends PageEntry {
  readonly until: number | undefined;
}

/** The cells of a row: its value, or where the value's parts are, and its key if it was asked for. */
type ValueRow = readonly [value: Buffer, parts: string | null, size: number | null, key?: Buffer];

const MOST_REPLACEMENTS = 10;

export interface Measured {
  /** The number of stored bytes. */
  readonly size: number;
  /** The first of them. */
  readonly first: Buffer;
  /** The id of the value's parts. */
  readonly parts: string | undefined;
}

/** Reads the stored bytes of values. A value in parts is read in the transaction that has found it. */
export class EntryReads {
  readonly #sql: EntrySql;

  constructor(sql: EntrySql) {
    this.#sql = sql;
  }

  async get(executor: Executor, key: Buffer): Promise<Buffer | undefined> {
    const { rows } = await executor.ask(this.#sql.get, [key]);
    const value = rows[0]?.[0] as Buffer | undefined;
    return value?.length === 0 ? await this.#maybeLong(executor, key) : value;
  }

  /** Reads a value that may be in parts: where they are, and the parts, from one state. */
  #maybeLong(executor: Executor, key: Buffer): Promise<Buffer | undefined> {
    return executor.consistently(async (session) => {
      const { rows } = await session.query(this.#sql.getRow, [key]);
      const row = rows[0] as unknown as ValueRow | undefined;
      return row && (await this.#valueOf(session, row, key));
    });
  }

  /** Returns the value of a row that was locked in this session. */
  async getLocked(session: Session, key: Buffer): Promise<Buffer | undefined> {
    const { rows } = await session.query(this.#sql.getForUpdate, [key]);
    const row = rows[0] as unknown as ValueRow | undefined;
    return row && (await this.#valueOf(session, row, key));
  }

  /** Returns the values of keys by `keyId`. */
  async getMany(executor: Executor, keys: readonly Buffer[]): Promise<Map<string, Buffer>> {
    const wanted = new ByteStrings(keys);
    const { rows } = await executor.ask(this.#sql.getMany, [wanted]);
    const found = new Map<string, Buffer>();
    let areWhole = true;
    for (const [key, value] of rows as unknown as [Buffer, Buffer][]) {
      found.set(keyId(key), value);
      if (value.length === 0) areWhole = false;
    }
    if (areWhole) return found;
    const entries = await this.#whole(executor, (session) => this.#rows(session, this.#sql.getManyRows, [wanted]));
    return new Map(entries.map(({ key, value }) => [keyId(key), value]));
  }

  async has(executor: Executor, key: Buffer): Promise<boolean> {
    const { rows } = await executor.ask(this.#sql.has, [key]);
    return rows.length > 0;
  }

  /** Returns in how many milliseconds an entry expires; undefined if it is not there. */
  async ttlOf(executor: Executor, key: Buffer): Promise<number | undefined> {
    const { rows } = await executor.ask(this.#sql.ttlOf, [key]);
    return rows[0] && ((rows[0][0] as number | null) ?? NEVER);
  }

  async size(executor: Executor): Promise<number> {
    const { rows } = await executor.read((session) => session.query(this.#sql.size));
    return rows[0]?.[0] as number;
  }

  async count(executor: Executor, range: ResolvedRange): Promise<number> {
    const { text, parameters } = this.#sql.count(range);
    const { rows } = await executor.read((session) => session.query(text, parameters));
    return rows[0]?.[0] as number;
  }

  /** Returns the length of a value without reading it. */
  async measure(executor: Executor, key: Buffer): Promise<Measured | undefined> {
    return await executor.read((session) => this.measureIn(session, key));
  }

  async measureIn(session: Session, key: Buffer): Promise<Measured | undefined> {
    for (let tried = 0; ; tried++) {
      const { rows } = await session.query(this.#sql.measure, [key]);
      const row = rows[0] as [Buffer, string | null, number] | undefined;
      if (!row) return undefined;
      const [begin, id, size] = row;
      if (id === null) return { size, first: begin, parts: undefined };
      const { rows: found } = await session.query(this.#sql.pieceOfPart, [key, id, 0, 1, HEADER_LENGTH]);
      const first = found[0]?.[0] as Buffer | undefined;
      if (first) return { size, first, parts: id };
      // It was replaced between the two statements, unless that goes on and on.
      if (tried === MOST_REPLACEMENTS) throw incomplete(this.#sql, key, 0, size);
    }
  }

  /** Returns the keys of a range, as many as `limit`. */
  async keys(executor: Executor, range: ResolvedRange, limit: number): Promise<Buffer[]> {
    return await executor.read(async (session) => {
      const copied = await this.#copied(session, range, 'keys', limit);
      if (copied) return copied.map(([key]) => key as Buffer);
      const { text, parameters } = this.#sql.scan(range, 'keys', limit);
      const { rows } = await session.query(text, parameters);
      return rows.map(([key]) => key as Buffer);
    });
  }

  /** Returns some entries of a range, without the values that are in parts. */
  async page(executor: Executor, range: ResolvedRange, limit: number): Promise<PageEntry[]> {
    return await executor.read(async (session) => {
      const copied = await this.#copied(session, range, 'entries', limit);
      if (copied) return copied.map(([key, value]) => ({ key: key as Buffer, value: value ?? undefined }));
      const { text, parameters } = this.#sql.scan(range, 'entries', limit);
      const rows = await this.#rows(session, text, parameters);
      return rows.map(([value, parts, , key]) => ({ key: key as Buffer, value: parts === null ? value : undefined }));
    });
  }

  /** Does the same for those who copy entries. */
  async timedPage(executor: Executor, range: ResolvedRange, limit: number): Promise<TimedEntry[]> {
    return await executor.read(async (session) => {
      const copied = await this.#copied(session, range, 'entries and times', limit);
      if (copied) {
        return copied.map(([key, value, time]) => {
          const until = time ? Number(time.readBigInt64BE()) : undefined;
          return { key: key as Buffer, value: value ?? undefined, until };
        });
      }
      const { text, parameters } = this.#sql.scan(range, 'entries and times', limit);
      const { rows } = await session.query(text, parameters);
      return rows.map(([value, parts, , key, time]) => ({
        key: key as Buffer,
        value: parts === null ? (value as Buffer) : undefined,
        until: time === null ? undefined : Number(time),
      }));
    });
  }

  /** Reads a page by COPY, which takes less than half as long as a statement; undefined where it would not. */
  async #copied(
    session: Session,
    range: ResolvedRange,
    columns: ScannedColumns,
    limit: number,
  ): Promise<readonly CopiedRow[] | undefined> {
    return limit > FEW ? await session.copyOut?.(this.#sql.copyOut(range, columns, limit)) : undefined;
  }

  /** Returns the entries of a range, from one state. */
  async entries(executor: Executor, range: ResolvedRange): Promise<StoredEntry[]> {
    const { text, parameters } = this.#sql.scan(range, 'entries', range.limit);
    return await this.#whole(executor, (session) => this.#rows(session, text, parameters));
  }

  async #rows(session: Session, text: string, parameters: Parameters<Session['query']>[1]): Promise<ValueRow[]> {
    const { rows } = await session.query(text, parameters);
    return rows as unknown as ValueRow[];
  }

  /** Reads rows, and their parts if they have some: both from one state. */
  async #whole(executor: Executor, select: (session: Session) => Promise<ValueRow[]>): Promise<StoredEntry[]> {
    const rows = await executor.read(select);
    if (rows.every(([, parts]) => parts === null)) {
      return rows.map(([value, , , key]) => ({ key: key as Buffer, value }));
    }
    return await executor.consistently(async (session) => {
      const entries: StoredEntry[] = [];
      for (const row of await select(session)) {
        const key = row[3] as Buffer;
        entries.push({ key, value: await this.#valueOf(session, row, key) });
      }
      return entries;
    });
  }

  async #valueOf(session: Session, [value, id, size]: ValueRow, key: Buffer): Promise<Buffer> {
    if (id === null || size === null) return value;
    return await readParts(session, this.#sql, key, { id, size });
  }
}
