import { CorruptData, InvalidArgument, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import type { EncodedBlock } from '../../elements/encoded-block.ts';
import type { ResidentData } from '../../resident/resident-data.ts';
import { ResidentSet } from '../../resident/resident-set.ts';
import { ChunkDamage } from '../../tables/chunk-damage.ts';
import { type ChunkTables, type DataChunkRow, MAX_CHUNK_INDEX } from '../../tables/chunk-tables.ts';
import { checkMeta, chunkSizeFor } from '../../tables/limits.ts';
import { type EntryRuns, lastWithin, type Run } from './entry-runs.ts';
import { ENTRY_BYTES, putEntries } from './index-entries.ts';
import { DATA } from './part-names.ts';

/**
 * The bytes up to which chunks are filled, even if the column allows more. `bytes_used` comes after the data in a row,
 * and SQLite goes through the whole row to change it: the longer the last chunk, the more a small append costs.
 */
const FILL_BYTES = 128 * 1024;

/** The most bytes that are read without SQLite if nothing of them stays in memory. More are read faster through it. */
const FEW_BYTES = 32 * 1024;

/** The most memory that an index alone is reason to allocate: it may be damaged. */
const TRUSTED_BYTES = 64 * 1024 * 1024;

/**
 * The chunks of `<name>_data`, which hold the bytes of a column's elements. Only the index knows where an element is.
 */
export class DataChunks {
  readonly damage: ChunkDamage;
  readonly #name: string;
  readonly #dtype: string;
  readonly #connection: Access;
  readonly #tables: ChunkTables;
  readonly #residents: ResidentSet;
  readonly #resident: ResidentData;

  /** `name` is that of the column, without the ending of its data. */
  constructor(connection: Access, tables: ChunkTables, name: string, dtype: string) {
    this.#name = name;
    this.damage = new ChunkDamage(name);
    this.#dtype = dtype;
    this.#tables = tables;
    this.#connection = connection;
    this.#residents = ResidentSet.of(connection);
    this.#resident = this.#residents.data(name + DATA);
  }

  /** Returns the resident copy, after renewing it if the file may have changed. */
  fresh(): ResidentData {
    const version = this.#residents.watch.look();
    return version !== undefined && version === this.#resident.version ? this.#resident : this.#renew(version);
  }

  #renew(version: number | undefined): ResidentData {
    const row = this.#tables.find(this.#name + DATA);
    if (!row) {
      this.#resident.invalidate();
      throw new NotFound(
        `column ${JSON.stringify(this.#name)} no longer exists: it was deleted or renamed; call column() with a name of listColumns()`,
      );
    }
    const meta = checkMeta(row);
    if (meta.elemSize !== 1) {
      throw new CorruptData(
        `column ${JSON.stringify(this.#name)}: its data has elements of ${meta.elemSize} bytes; expected 1`,
      );
    }
    if (meta.dtype !== this.#dtype) {
      this.#resident.invalidate();
      throw new NotFound(`column ${JSON.stringify(this.#name)} was recreated as ${meta.dtype}; call column() again`);
    }
    // Without a file state, nothing may be kept and nothing resident may be used.
    const data = version === undefined ? this.#residents.transientData() : this.#resident;
    data.renew(version, meta);
    return data;
  }

  /**
   * Returns a chunk's bytes, after reading them if necessary; undefined if they may not stay in memory, or are not worth
   * it for so many bytes that are needed.
   */
  resident(data: ResidentData, id: number, needed: number): Buffer | undefined {
    const present = data.chunk(id);
    if (present) return present;
    if (!data.isWorthKeeping(id, needed, FILL_BYTES)) return undefined;
    const size = this.damage.inChunk(id, () => this.#tables.data.size([data.meta.id, id]));
    if (size === undefined) throw this.damage.missing(id);
    if (!data.mayKeep(size)) return undefined;
    const bytes = Buffer.allocUnsafeSlow(size);
    this.#readFile(data, id, 0, bytes, true);
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
      this.#readFile(data, id, start, target, false);
    }
  }

  /** Copies the bytes of all elements of the runs, back to back. */
  gather(data: ResidentData, { runs, offsets, bytes }: EntryRuns): Buffer {
    this.#checkStored(bytes);
    if (bytes > TRUSTED_BYTES) this.#checkSizes(data, runs, bytes);
    const gathered = memoryFor(bytes, this.#name);
    for (const run of runs) {
      if (run.end === run.start) continue;
      this.read(data, run.chunk, run.start, gathered.subarray(offsets[run.first], offsets[run.next]));
    }
    return gathered;
  }

  /** Allocates memory for one element. If it is much, checks first that the file has the bytes. */
  memoryFor(data: ResidentData, run: Run): Buffer {
    const bytes = run.end - run.start;
    this.#checkStored(bytes);
    if (bytes > TRUSTED_BYTES) this.#checkSizes(data, [run], bytes);
    return memoryFor(bytes, this.#name);
  }

  /** Refuses more bytes than a file of strangers has: its index may give many elements the same bytes. */
  #checkStored(bytes: number): void {
    this.#connection.shared.untrusted?.checkStored(bytes, () => `column ${JSON.stringify(this.#name)}`);
  }

  /** Throws if a run ends after its chunk, or if the runs together are longer than their chunks. */
  #checkSizes(data: ResidentData, runs: readonly Run[], bytes: number): void {
    const sizes = new Map<number, number>();
    let total = 0;
    for (const { chunk, start, end } of runs) {
      let size = sizes.get(chunk);
      if (size === undefined) {
        size =
          data.chunk(chunk)?.length ?? this.damage.inChunk(chunk, () => this.#tables.data.size([data.meta.id, chunk]));
        if (size === undefined && end > start) throw this.damage.missing(chunk);
        sizes.set(chunk, size ?? 0);
        total += size ?? 0;
      }
      if (end > (size ?? 0) && end > start) throw this.damage.short(chunk, size ?? 0, end);
    }
    if (bytes > total) {
      throw new CorruptData(
        `column ${JSON.stringify(this.#name)}: the index gives elements ${bytes} bytes; their chunks have ${total}`,
      );
    }
  }

  /** Overwrites bytes of a chunk, which must have them. */
  write(data: ResidentData, id: number, start: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const size = this.damage.inChunk(id, () => this.#tables.data.size([data.meta.id, id]));
    if (size === undefined) throw this.damage.missing(id);
    if (start + bytes.length > size) throw this.damage.short(id, size, start + bytes.length);
    this.#overwrite(data, id, start, bytes);
  }

  #overwrite(data: ResidentData, id: number, start: number, bytes: Buffer): void {
    this.damage.inChunk(id, () => this.#tables.data.write([data.meta.id, id], bytes, start));
    data.wrote(id, start, bytes);
    // Only what surely writes a page is noted: SQLite writes nothing if a row is replaced by the same.
    if (bytes.length > 0) this.#residents.watch.noteWrite();
  }

  find(data: ResidentData, id: number): DataChunkRow | undefined {
    return this.#tables.dataChunk(data.meta.id, id);
  }

  rows(data: ResidentData): DataChunkRow[] {
    return this.#tables.dataChunks(data.meta.id);
  }

  /** Returns the chunk with the highest number, to which Python appends. */
  last(data: ResidentData): DataChunkRow | undefined {
    data.tail ??= this.#tables.lastDataChunk(data.meta.id);
    return data.tail;
  }

  setUsed(data: ResidentData, id: number, used: number): void {
    data.tail = undefined;
    this.#tables.setUsed(data.meta.id, id, used);
  }

  /** Inserts a chunk with these bytes, or replaces its content. */
  put(data: ResidentData, id: number, bytes: Buffer, used = bytes.length): void {
    if (id > MAX_CHUNK_INDEX) {
      throw new KohakuVaultError(
        `column ${JSON.stringify(this.#name)} has no free chunk numbers; call compact() on it`,
      );
    }
    data.tail = undefined;
    this.#tables.putDataChunk(data.meta.id, id, bytes, used);
    if (data.mayKeep(bytes.length)) data.keep(id, bytes);
    else data.drop(id);
  }

  /** Inserts or replaces a chunk of a given size, padded with zeros. */
  putPadded(data: ResidentData, id: number, bytes: Buffer, size: number): void {
    // The memory is never shared, because it becomes the resident copy. Python cannot open an empty BLOB.
    const chunk = Buffer.allocUnsafeSlow(Math.max(1, size));
    chunk.set(bytes);
    chunk.fill(0, bytes.length);
    this.put(data, id, chunk, bytes.length);
  }

  delete(data: ResidentData, id: number): void {
    data.tail = undefined;
    this.#tables.deleteChunk(data.meta.id, id);
    data.drop(id);
  }

  deleteAll(data: ResidentData): void {
    data.tail = undefined;
    this.#tables.deleteAllChunks(data.meta.id);
    data.dropChunks();
    data.liveBytes = 0;
  }

  setMaxChunk(data: ResidentData, maxChunk: number): void {
    this.#tables.setMaxChunk(data.meta.id, maxChunk);
    data.meta = { ...data.meta, maxChunk };
  }

  /** Returns how far a chunk of the column is filled, unless a single element is longer. */
  fillBytes({ meta }: ResidentData): number {
    return Math.min(meta.maxChunk, Math.max(meta.minChunk, FILL_BYTES));
  }

  /** Returns the size of a chunk that will hold so many bytes, and maybe more later. */
  sizeFor(data: ResidentData, bytes: number): number {
    return Math.max(bytes, chunkSizeFor(bytes, { minChunk: data.meta.minChunk, maxChunk: this.fillBytes(data) }));
  }

  /**
   * Adds elements at the end: to the last chunk while they fit, then to new chunks. Returns their entries for the
   * index.
   */
  add(data: ResidentData, block: EncodedBlock): Buffer {
    const { count, data: bytes } = block;
    const offsets = block.offsets as Float64Array;
    const entries = Buffer.allocUnsafe(count * ENTRY_BYTES);
    const limit = this.fillBytes(data);
    const tail = this.last(data);
    // The chunk after a full one is as long at once: the column will probably fill it too.
    const least = tail ? Math.min(roomOf(tail), limit) : 0;
    let id = tail ? tail.index + 1 : 0;
    let from = 0;
    const part = (to: number) => bytes.subarray(offsets[from], offsets[to]);
    if (tail && canGrow(tail, limit)) {
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
      // A chunk that others follow does not grow any more. Neither, probably, does one that was filled in bulk.
      const { length } = part(to);
      const isFull = to < count || isBulk(length, limit);
      this.putPadded(data, id, part(to), isFull ? length : this.sizeFor(data, Math.max(length, least)));
      from = to;
    }
    data.grew(bytes.length);
    return entries;
  }

  /** Adds bytes to a chunk. Makes the chunk longer if they do not fit. */
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

  #readFile(data: ResidentData, id: number, start: number, target: Buffer, isKept: boolean): void {
    if (data.version !== undefined && (isKept || target.length <= FEW_BYTES)) {
      // What is found in the pages of the file is neither kept nor watched.
      if (!isKept && this.#tables.data.readInPlace([data.meta.id, id], target, start)) return;
      this.#residents.watch.begin();
      if (data.readPages(id, FILL_BYTES, start, target)) return;
    }
    const got = this.damage.inChunk(id, () => this.#tables.data.read([data.meta.id, id], target, start));
    if (got < target.length) throw this.damage.short(id, start + got, start + target.length);
  }
}

function memoryFor(bytes: number, column: string): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch (cause) {
    throw new InvalidArgument(
      `column ${JSON.stringify(column)}: there is not enough memory for ${bytes} bytes of elements; read fewer`,
      { cause },
    );
  }
}

/** Returns how far a chunk can be filled. A BLOB that Python has lengthened may be longer than its row says. */
export function roomOf({ size, capacity }: DataChunkRow): number {
  return Math.min(size, capacity);
}

/**
 * Returns whether elements may be added to a chunk: it is not longer than ours become, and its numbers are plausible.
 */
function canGrow(chunk: DataChunkRow, limit: number): boolean {
  return chunk.used >= 0 && chunk.used <= roomOf(chunk) && roomOf(chunk) <= limit;
}

/** Returns whether so many bytes are added at once that their chunk gets exactly their length. */
function isBulk(bytes: number, limit: number): boolean {
  return bytes >= limit / 2;
}
