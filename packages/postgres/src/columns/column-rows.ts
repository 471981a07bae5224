import { type EncodedBlock, joined } from '@kohakuvault/columns/internal';
import { CorruptData, NotFound } from '@kohakuvault/core-native/internal';
import type { CopiedRow } from '../client/copied-rows.ts';
import { ByteStrings, type Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { blockOf, type Chunk, chunksOf, emptyBlock, endsOf, fitting, part } from './chunk-blocks.ts';
import type { ColumnSql } from './column-sql.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

/** What the row of a column tells. */
export interface ColumnMeta {
  readonly dtype: string;
  readonly length: number;
  readonly bytes: number;
  /** Where the last chunk begins, and how many bytes it has. */
  readonly tailStart: number;
  readonly tailBytes: number;
  /** Whether somebody waits for what is appended. */
  readonly isFollowed: boolean;
}

type ColumnRow = [string, number, number, number, number, boolean];

/** Elements that were read, with the length that the column had then. */
export interface Reading {
  readonly length: number;
  readonly start: number;
  readonly block: EncodedBlock;
}

/** A row of a read: what is true of the column, and a chunk. */
interface FoundChunk {
  readonly dtype: string;
  readonly length: number;
  /** The bounds of the range, both clipped. */
  readonly low: number;
  readonly high: number;
  /** Without a chunk in the range, its members are null. */
  readonly chunk: Chunk;
}

/** From so many bytes on, COPY reads faster than a statement that the server has prepared. */
const LONG = 32 * 1024;
/** What elements that vary in size are taken for, before they are read. */
const LIKELY_BYTES = 64;
/** A chunk that is shorter takes what is appended. A longer one would be written again each time. */
const SHORT_TAIL = 8 * 1024;
/** How many bytes of chunks one statement writes. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** So long a column is taken for followed, and so long a lock on it is waited for, in milliseconds. */
const FOLLOWED_MS = 30_000;
const LOCK_MS = 200;

/** The stored elements of one column, in chunks that follow each other. */
export class ColumnRows {
  readonly #sql: ColumnSql;
  readonly #name: string;
  readonly #dtype: string;
  readonly #elemSize: number;
  /** The length of the column when it was read last. */
  #lastLength = 0;

  /** `elemSize` is 0 for elements that vary in size. */
  constructor(sql: ColumnSql, name: string, dtype: string, elemSize: number) {
    this.#sql = sql;
    this.#name = name;
    this.#dtype = dtype;
    this.#elemSize = elemSize;
  }

  /** What is told when elements are appended. A topic has less than 8,000 bytes, and a name may have more. */
  get topic(): string {
    const { columns } = this.#sql;
    return `column ${createHash('sha256').update(`${columns}\0${this.#name}`).digest('hex').slice(0, 32)}`;
  }

  meta(executor: Executor): Promise<ColumnMeta> {
    return executor.read((session) => this.metaIn(session));
  }

  async metaIn(session: Session): Promise<ColumnMeta> {
    const { rows } = await session.query(this.#sql.find, [this.#name]);
    return this.#checked(rows[0]);
  }

  /** Locks the column until the transaction ends: writers append one after another. */
  async lock(session: Session): Promise<ColumnMeta> {
    const { rows } = await session.query(this.#sql.lock, [this.#name]);
    return this.#checked(rows[0]);
  }

  /** Returns the elements of a range, whose bounds are clipped, and may count from the end: all from one state. */
  read(executor: Executor, from: number, to: number): Promise<Reading> {
    return executor.read((session) => this.readIn(session, from, to));
  }

  async readIn(session: Session, from: number, to: number): Promise<Reading> {
    const rows = await this.#found(session, from, to);
    const first = rows[0];
    if (!first || first.dtype !== this.#dtype) throw this.#gone();
    const { length, low, high } = first;
    this.#lastLength = length;
    if (low >= high) return { length, start: low, block: emptyBlock(this.#elemSize) };
    const begin = first.chunk.start;
    const block = blockOf(
      rows.map(({ chunk }) => chunk),
      this.#elemSize,
    );
    if (begin > low || begin + block.count < high) {
      throw new CorruptData(
        `column ${JSON.stringify(this.#name)} lacks elements between ${low} and ${high}; restore a backup`,
      );
    }
    return { length, start: low, block: part(block, low - begin, high - begin, this.#elemSize) };
  }

  async #found(session: Session, from: number, to: number): Promise<FoundChunk[]> {
    if (session.copyOut && this.#isLong(from, to)) {
      const text = this.#sql.copyRead(this.#name, from, to, this.#elemSize);
      return (await session.copyOut(text)).map(chunkFromCopy);
    }
    const { rows } =
      this.#elemSize > 0
        ? await session.query(this.#sql.readFixed, [this.#name, from, to, this.#elemSize])
        : await session.query(this.#sql.read, [this.#name, from, to]);
    return rows.map(chunkFromCells);
  }

  /** Whether a range most likely has so many bytes that COPY, which is not prepared, is faster than a statement. */
  #isLong(from: number, to: number): boolean {
    const resolved = (bound: number) => (bound < 0 ? this.#lastLength + bound : Math.min(bound, this.#lastLength));
    const bounded = from >= 0 && to < Number.MAX_SAFE_INTEGER;
    const count = bounded ? to - from : resolved(to) - resolved(from);
    return count * (this.#elemSize || LIKELY_BYTES) >= LONG;
  }

  /** Adds elements at the end. Returns the new length. */
  async append(session: Session, block: EncodedBlock): Promise<number> {
    const meta = await this.lock(session);
    const { length, bytes } = meta;
    let { tailStart, tailBytes } = meta;
    const into = length > 0 && tailBytes < SHORT_TAIL ? fitting(block, SHORT_TAIL - tailBytes, this.#elemSize) : 0;
    if (into > 0) {
      const { data, offsets } = part(block, 0, into, this.#elemSize);
      await session.query(this.#sql.addToTail, [this.#name, tailStart, into, data, endsOf(offsets, tailBytes)]);
      tailBytes += data.length;
    }
    const rest = part(block, into, block.count, this.#elemSize);
    const chunks = chunksOf(rest, length + into, this.#elemSize);
    await this.#put(session, chunks);
    const last = chunks.at(-1);
    if (last) {
      tailStart = last.start;
      tailBytes = last.data.length;
    }
    const grown = length + block.count;
    await this.#grow(session, meta, [grown, bytes + block.data.length, tailStart, tailBytes]);
    return grown;
  }

  /** Removes elements, and inserts others there. The column is locked, and has the elements. */
  async splice(session: Session, meta: ColumnMeta, at: number, removed: number, block: EncodedBlock): Promise<void> {
    const isEnd = at === meta.length;
    const first = isEnd && meta.length > 0 ? meta.length - 1 : at;
    const { rows } = await session.query(this.#sql.overlapping, [this.#name, first, Math.max(at + removed, first + 1)]);
    const chunks = rows.map(([start, count, data, ends]) => ({ start, count, data, ends }) as Chunk);
    const begin = chunks[0]?.start ?? 0;
    const old = blockOf(chunks, this.#elemSize);
    const end = begin + old.count;
    const head = part(old, 0, at - begin, this.#elemSize);
    const gone = part(old, at - begin, at - begin + removed, this.#elemSize);
    const tail = part(old, at - begin + removed, old.count, this.#elemSize);
    const made = chunksOf(joined(joined(head, block), tail), begin, this.#elemSize);
    await session.query(this.#sql.deleteChunks, [this.#name, begin, Math.max(end, begin + 1)]);
    const moved = block.count - removed;
    if (moved !== 0 && end < meta.length) {
      await session.query(this.#sql.shiftAside, [this.#name, end, moved]);
      await session.query(this.#sql.shiftBack, [this.#name]);
    }
    await this.#put(session, made);
    const { rows: last } = await session.query(this.#sql.tail, [this.#name]);
    const [tailStart, tailBytes] = (last[0] as [number, number] | undefined) ?? [0, 0];
    const bytes = meta.bytes + block.data.length - gone.data.length;
    await this.#grow(session, meta, [meta.length + moved, bytes, tailStart, tailBytes]);
  }

  /** Replaces one element. One of fixed size is written without the others of its chunk. */
  async set(session: Session, meta: ColumnMeta, at: number, block: EncodedBlock): Promise<void> {
    if (this.#elemSize === 0) await this.splice(session, meta, at, 1, block);
    else await session.query(this.#sql.overwrite, [this.#name, at, this.#elemSize, block.data]);
  }

  /** Has those who append tell of it for a while. Fails if the column is locked for long. */
  async markFollowed(executor: Executor): Promise<void> {
    await executor.atomically(async (session) => {
      await session.query("SELECT set_config('lock_timeout', $1, true)", [String(LOCK_MS)]);
      await session.query(this.#sql.markFollowed, [this.#name, FOLLOWED_MS]);
    });
  }

  async stats(executor: Executor): Promise<{ chunks: number; bytes: number }> {
    const { rows } = await executor.read((session) => session.query(this.#sql.stats, [this.#name]));
    const [chunks, bytes] = rows[0] as [number, number];
    return { chunks, bytes };
  }

  /** Notes how long the column is now. */
  async #grow(session: Session, { isFollowed }: ColumnMeta, now: readonly number[]): Promise<void> {
    await session.query(this.#sql.grow, [this.#name, ...now]);
    // Only then: COMMITs with a NOTIFY wait for each other.
    if (isFollowed) await session.query('SELECT pg_notify($1, $2)', [this.#sql.channel, this.topic]);
  }

  async #put(session: Session, chunks: readonly Chunk[]): Promise<void> {
    for (let from = 0; from < chunks.length; ) {
      let to = from;
      for (let bytes = 0; to < chunks.length && (to === from || bytes < BATCH_BYTES); to++) {
        bytes += (chunks[to] as Chunk).data.length;
      }
      const some = chunks.slice(from, to);
      await session.query(this.#sql.putChunks, [
        this.#name,
        `{${some.map(({ start }) => start).join()}}`,
        `{${some.map(({ count }) => count).join()}}`,
        new ByteStrings(some.map(({ data }) => data)),
        new ByteStrings(some.map(({ ends }) => ends)),
      ]);
      from = to;
    }
  }

  #checked(row: readonly unknown[] | undefined): ColumnMeta {
    if (!row || row[0] !== this.#dtype) throw this.#gone();
    const [dtype, length, bytes, tailStart, tailBytes, isFollowed] = row as ColumnRow;
    return { dtype, length, bytes, tailStart, tailBytes, isFollowed };
  }

  #gone(): NotFound {
    return new NotFound(`there is no column ${JSON.stringify(this.#name)} of ${this.#dtype} any more; open it again`);
  }
}

function chunkFromCells(cells: readonly unknown[]): FoundChunk {
  const [dtype, length, low, high, start, count, data, ends] = cells as [
    ...[string, number, number, number, number, number, Buffer, Buffer],
  ];
  return { dtype, length, low, high, chunk: { start, count, data, ends } };
}

function chunkFromCopy(cells: CopiedRow): FoundChunk {
  const [dtype, length, low, high, start, count, data, ends] = cells as readonly Buffer[] as [
    ...[Buffer, Buffer, Buffer, Buffer],
    ...(Buffer | null)[],
  ];
  return {
    dtype: dtype.toString(),
    length: length.readDoubleBE(),
    low: low.readDoubleBE(),
    high: high.readDoubleBE(),
    chunk: {
      start: start?.readDoubleBE() ?? 0,
      count: count?.readInt32BE() ?? 0,
      data: data ?? EMPTY,
      ends: ends ?? EMPTY,
    },
  };
}

const EMPTY = Buffer.alloc(0);
