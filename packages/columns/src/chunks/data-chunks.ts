import { CorruptData, InvalidArgument, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import type { EncodedBlock } from '../layout.ts';
import type { ResidentData } from '../resident/resident-data.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import { ChunkDamage } from './chunk-damage.ts';
import { checkMeta, chunkSizeFor } from './limits.ts';
import { type DataChunkRow, type LegacyTables, type MetaRow, MOST_CHUNK } from './tables.ts';
import { type EntryRuns, lastWithin, type Run } from './variable/entry-runs.ts';
import { ENTRY_BYTES, putEntries } from './variable/index-entries.ts';

/**
 * Chunks are filled up to so many bytes, though the column allows more. How far one is filled stands behind its data in its
 * row, and SQLite goes through the whole row to change that: what a small append costs is what the last chunk is long.
 */
const FILL_BYTES = 128 * 1024;

/** More memory than this is not asked for because of what an index says alone: that may be damaged. */
const SURE_BYTES = 64 * 1024 * 1024;

/** The bytes of a column's elements: the chunks of `<name>_data`. Where in them an element is, only the index knows. */
export class DataChunks {
  readonly damage: ChunkDamage;
  readonly #name: string;
  readonly #dtype: string;
  readonly #connection: Access;
  readonly #tables: LegacyTables;
  readonly #residents: ResidentSet;
  readonly #resident: ResidentData;

  /** `name` is the column's, without the ending its data has. */
  constructor(connection: Access, tables: LegacyTables, name: string, dtype: string) {
    this.#name = name;
    this.damage = new ChunkDamage(name);
    this.#dtype = dtype;
    this.#connection = connection;
    this.#tables = tables;
    this.#residents = ResidentSet.of(connection);
    this.#resident = this.#residents.data(`${name}_data`);
  }

  /** What is known of the column, looked up again where the file may have changed. */
  fresh(): ResidentData {
    const version = this.#connection.version();
    return version !== undefined && version === this.#resident.version ? this.#resident : this.#renew(version);
  }

  #renew(version: number | undefined): ResidentData {
    const row = this.#tables.find(`${this.#name}_data`);
    if (!row) {
      this.#resident.invalidate();
      throw new NotFound(`there is no column ${JSON.stringify(this.#name)} any more`);
    }
    const meta = checkMeta(row);
    if (meta.elemSize !== 1) {
      throw new CorruptData(
        `column ${JSON.stringify(this.#name)}: its data has elements of ${meta.elemSize} bytes; expected 1`,
      );
    }
    if (meta.dtype !== this.#dtype) {
      this.#resident.invalidate();
      throw new NotFound(
        `column ${JSON.stringify(this.#name)} was of ${this.#dtype} and is another one of ${meta.dtype} now: take it anew`,
      );
    }
    // Without a version nothing may be kept, nor what is kept be used.
    const data = version === undefined ? this.#residents.passingData() : this.#resident;
    data.renew(version, meta);
    return data;
  }

  /** A chunk's bytes in memory, read where they are not there and may stay; undefined where they may not. */
  resident(data: ResidentData, id: number): Buffer | undefined {
    const present = data.chunk(id);
    if (present) return present;
    const size = this.damage.told(id, () => this.#tables.data.size([data.meta.id, id]));
    if (size === undefined) throw this.damage.missing(id);
    if (!data.mayKeep(size)) return undefined;
    const bytes = Buffer.allocUnsafeSlow(size);
    this.#readFile(data.meta, id, 0, bytes);
    data.keep(id, bytes);
    return bytes;
  }

  /** Fills `target` with a chunk's bytes from `start` on. */
  read(data: ResidentData, id: number, start: number, target: Buffer): void {
    const present = data.chunk(id);
    if (present) {
      if (start + target.length > present.length) throw this.damage.short(id, present.length, start + target.length);
      target.set(present.subarray(start, start + target.length));
    } else {
      this.#readFile(data.meta, id, start, target);
    }
  }

  /** The bytes of all elements of the runs, back to back. */
  gather(data: ResidentData, { runs, offsets, bytes }: EntryRuns): Buffer {
    if (bytes > SURE_BYTES) this.#checkSizes(data, runs, bytes);
    const gathered = memoryFor(bytes, this.#name);
    for (const run of runs) {
      if (run.end === run.start) continue;
      this.read(data, run.chunk, run.start, gathered.subarray(offsets[run.first], offsets[run.next]));
    }
    return gathered;
  }

  /** Memory for one element's bytes, which must be there where they are many. */
  memoryFor(data: ResidentData, run: Run): Buffer {
    const bytes = run.end - run.start;
    if (bytes > SURE_BYTES) this.#checkSizes(data, [run], bytes);
    return memoryFor(bytes, this.#name);
  }

  /** Refuses runs that reach past their chunks, or take more than all of these have. */
  #checkSizes(data: ResidentData, runs: readonly Run[], bytes: number): void {
    const sizes = new Map<number, number>();
    let there = 0;
    for (const { chunk, start, end } of runs) {
      let size = sizes.get(chunk);
      if (size === undefined) {
        size =
          data.chunk(chunk)?.length ?? this.damage.told(chunk, () => this.#tables.data.size([data.meta.id, chunk]));
        if (size === undefined && end > start) throw this.damage.missing(chunk);
        sizes.set(chunk, size ?? 0);
        there += size ?? 0;
      }
      if (end > (size ?? 0) && end > start) throw this.damage.short(chunk, size ?? 0, end);
    }
    if (bytes > there) {
      throw new CorruptData(
        `column ${JSON.stringify(this.#name)}: the index gives elements ${bytes} bytes, and their chunks have ${there}`,
      );
    }
  }

  /** Overwrites bytes of a chunk, which has to have them. */
  write(data: ResidentData, id: number, start: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const size = this.damage.told(id, () => this.#tables.data.size([data.meta.id, id]));
    if (size === undefined) throw this.damage.missing(id);
    if (start + bytes.length > size) throw this.damage.short(id, size, start + bytes.length);
    this.#overwrite(data, id, start, bytes);
  }

  #overwrite(data: ResidentData, id: number, start: number, bytes: Buffer): void {
    this.damage.told(id, () => this.#tables.data.write([data.meta.id, id], bytes, start));
    data.wrote(id, start, bytes);
  }

  find(data: ResidentData, id: number): DataChunkRow | undefined {
    return this.#tables.dataChunk(data.meta.id, id);
  }

  rows(data: ResidentData): DataChunkRow[] {
    return this.#tables.dataChunks(data.meta.id);
  }

  /** The chunk with the highest number: Python puts there what it appends. */
  last(data: ResidentData): DataChunkRow | undefined {
    data.tail ??= this.#tables.lastDataChunk(data.meta.id);
    return data.tail;
  }

  setUsed(data: ResidentData, id: number, used: number): void {
    data.tail = undefined;
    this.#tables.setUsed(data.meta.id, id, used);
  }

  /** Makes a chunk that is filled with these bytes, or gives one new content. */
  put(data: ResidentData, id: number, bytes: Buffer, used = bytes.length): void {
    if (id > MOST_CHUNK) {
      throw new KohakuVaultError(
        `column ${JSON.stringify(this.#name)} has used up the numbers of chunks: compact() it`,
      );
    }
    data.tail = undefined;
    this.#tables.putChunk(data.meta.id, id, bytes, used);
    if (data.mayKeep(bytes.length)) data.keep(id, bytes);
    else data.forget(id);
  }

  /** The same of a chunk of a size, filled up with zeros. */
  putPadded(data: ResidentData, id: number, bytes: Buffer, size: number): void {
    // Always its own memory, which the chunk's copy in memory becomes; and an empty BLOB is no chunk that Python could open.
    const chunk = Buffer.allocUnsafeSlow(Math.max(1, size));
    chunk.set(bytes);
    chunk.fill(0, bytes.length);
    this.put(data, id, chunk, bytes.length);
  }

  delete(data: ResidentData, id: number): void {
    data.tail = undefined;
    this.#tables.deleteChunk(data.meta.id, id);
    data.forget(id);
  }

  deleteAll(data: ResidentData): void {
    data.tail = undefined;
    this.#tables.deleteAllChunks(data.meta.id);
    data.forgetChunks();
    data.liveBytes = 0;
  }

  setMaxChunk(data: ResidentData, maxChunk: number): void {
    this.#tables.setMaxChunk(data.meta.id, maxChunk);
    data.meta = { ...data.meta, maxChunk };
  }

  /** How far a chunk of the column is filled, unless one element alone takes more. */
  fillBytes({ meta }: ResidentData): number {
    return Math.min(meta.maxChunk, Math.max(meta.minChunk, FILL_BYTES));
  }

  /** The size of a chunk that is to hold so many bytes and maybe more. */
  sizeFor(data: ResidentData, bytes: number): number {
    return Math.max(bytes, chunkSizeFor(bytes, { minChunk: data.meta.minChunk, maxChunk: this.fillBytes(data) }));
  }

  /** Puts elements behind the last ones: into the last chunk while they fit, then into new ones. Their entries in the index. */
  add(data: ResidentData, block: EncodedBlock): Buffer {
    const { count, data: bytes } = block;
    const offsets = block.offsets as Float64Array;
    const entries = Buffer.allocUnsafe(count * ENTRY_BYTES);
    const limit = this.fillBytes(data);
    const tail = this.last(data);
    let id = tail ? tail.index + 1 : 0;
    let from = 0;
    const part = (to: number) => bytes.subarray(offsets[from], offsets[to]);
    if (tail && takesMore(tail, limit)) {
      const to = lastWithin(offsets, 0, limit - tail.used);
      if (to > 0) {
        putEntries(entries, offsets, { from, to, chunk: tail.index, start: tail.used });
        this.#fill(data, tail, part(to));
        from = to;
      }
    }
    for (; from < count; id++) {
      const to = Math.max(from + 1, lastWithin(offsets, from, limit));
      putEntries(entries, offsets, { from, to, chunk: id, start: 0 });
      // What is followed by more is as long as it will ever be; so, probably, is what came in bulk.
      const isFull = to < count || isBulk(part(to).length, limit);
      this.putPadded(data, id, part(to), isFull ? part(to).length : this.sizeFor(data, part(to).length));
      from = to;
    }
    data.grew(bytes.length);
    return entries;
  }

  /** Writes bytes behind those that a chunk is filled with; it is made longer where they don't fit. */
  #fill(data: ResidentData, chunk: DataChunkRow, bytes: Buffer): void {
    const { index, used } = chunk;
    const filled = used + bytes.length;
    if (filled <= roomOf(chunk)) {
      this.#overwrite(data, index, used, bytes);
      this.setUsed(data, index, filled);
      data.tail = { ...chunk, used: filled };
      return;
    }
    const size = isBulk(bytes.length, this.fillBytes(data)) ? filled : this.sizeFor(data, filled);
    const grown = Buffer.allocUnsafeSlow(size);
    this.read(data, index, 0, grown.subarray(0, used));
    grown.set(bytes, used);
    grown.fill(0, filled);
    this.put(data, index, grown, filled);
  }

  #readFile({ id: column }: MetaRow, id: number, start: number, target: Buffer): void {
    const got = this.damage.told(id, () => this.#tables.data.read([column, id], target, start));
    if (got < target.length) throw this.damage.short(id, start + got, start + target.length);
  }
}

function memoryFor(bytes: number, column: string): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch (cause) {
    throw new InvalidArgument(
      `column ${JSON.stringify(column)}: elements of ${bytes} bytes are more than there is memory for: take fewer at a time`,
      { cause },
    );
  }
}

/** How far a chunk can be filled as it is. One that Python has made longer may hold more than it says. */
export function roomOf({ size, capacity }: DataChunkRow): number {
  return Math.min(size, capacity);
}

/** Whether a chunk can be filled further: not one that is longer than ours become, nor one whose numbers are odd. */
function takesMore(chunk: DataChunkRow, limit: number): boolean {
  return chunk.used >= 0 && chunk.used <= roomOf(chunk) && roomOf(chunk) <= limit;
}

/** Whether so much comes at once that its chunk is cut to measure. */
function isBulk(bytes: number, limit: number): boolean {
  return bytes >= limit / 2;
}
