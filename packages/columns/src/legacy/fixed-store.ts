import { CorruptData, InvalidArgument, KohakuVaultError, NotFound } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
import type { ElementInfo } from '@kohakuvault/packer';
import type { ColumnStats, ColumnStore, EncodedBlock, Located } from '../layout.ts';
import type { ResidentColumn } from '../resident/resident-column.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import type { Segment } from '../resident/segment.ts';
import { checkMeta, chunkSizeFor } from './limits.ts';
import type { LegacyTables, MetaRow } from './tables.ts';

/** Bytes that a shift moves at a time. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/** More memory than this is not asked for because of a length alone: that may be damaged. */
const SURE_BYTES = 64 * 1024 * 1024;

/** What a fixed store must find in its column's row. */
export interface FixedShape {
  /** As it is stored: a column made anew with another is another column. */
  readonly dtype: string;
  readonly elemSize: number;
  /** The column that errors tell of, where that is another: an index is a part of one. */
  readonly shownAs?: string | undefined;
  /** What the elements are, where they are numbers: their segments then serve as typed arrays. */
  readonly element?: ElementInfo | undefined;
}

/**
 * A column of elements of one size: one virtual file, cut into chunks of exactly `max_chunk_bytes`, the last one shorter.
 * Element i is at byte `i * elemSize`, and never crosses a chunk's end.
 */
export class FixedStore implements ColumnStore {
  readonly name: string;
  readonly #shown: string;
  readonly #connection: Connection;
  readonly #tables: LegacyTables;
  readonly #residents: ResidentSet;
  readonly #resident: ResidentColumn;
  readonly #shape: FixedShape;

  constructor(connection: Connection, tables: LegacyTables, name: string, shape: FixedShape) {
    this.name = name;
    this.#shown = shape.shownAs ?? name;
    this.#connection = connection;
    this.#tables = tables;
    this.#shape = shape;
    this.#residents = ResidentSet.of(connection);
    this.#resident = this.#residents.column(name, shape.dtype);
  }

  get dtype(): string {
    return this.fresh().meta.dtype;
  }

  get length(): number {
    return this.fresh().length;
  }

  get bytes(): number {
    const { length, meta } = this.fresh();
    return length * meta.elemSize;
  }

  get generation(): number {
    this.fresh();
    return this.#resident.generation;
  }

  /** What is known of the column, looked up again where the file may have changed. */
  fresh(): ResidentColumn {
    const version = this.#connection.version();
    return version !== undefined && version === this.#resident.version ? this.#resident : this.#renew(version);
  }

  /** The segment with this element, which must be there; read where it is not in memory. */
  segment(column: ResidentColumn, index: number): Segment {
    return column.segmentAt(index) ?? this.#load(index);
  }

  locate(index: number, located: Located): void {
    const column = this.fresh();
    const { elemSize } = this.#shape;
    const segment = this.segment(column, index);
    located.bytes = segment.bytes;
    located.start = (index - segment.start) * elemSize;
    located.end = located.start + elemSize;
  }

  read(start: number, end: number): EncodedBlock {
    return this.#connection.consistently(() => {
      const data = this.#allocate(start, end);
      this.readInto(start, end, data);
      return { count: end - start, data };
    });
  }

  /** Memory for so many elements; where it is much, they have to be there first. */
  #allocate(start: number, end: number): Buffer {
    const { elemSize } = this.#shape;
    const bytes = (end - start) * elemSize;
    if (bytes > SURE_BYTES) {
      const { meta } = this.fresh();
      const last = Math.floor((end * elemSize - 1) / meta.maxChunk);
      this.#chunkSize(meta, last, end * elemSize - last * meta.maxChunk);
    }
    try {
      return Buffer.allocUnsafeSlow(bytes);
    } catch (cause) {
      throw new InvalidArgument(
        `column ${JSON.stringify(this.#shown)}: elements ${start} to ${end} take ${bytes} bytes, more than there is memory for: take fewer at a time`,
        { cause },
      );
    }
  }

  /** Fills `target` with the elements' bytes, all of one state of the file. */
  readInto(start: number, end: number, target: Buffer): void {
    this.#connection.consistently(() => {
      const column = this.fresh();
      checkRange(this.#shown, start, end, column.length);
      const { elemSize } = this.#shape;
      // What takes much of the memory there is would drive everything else out, and gains least by staying.
      const stays = column.version !== undefined && target.length <= this.#residents.capacity / 2;
      for (let index = start; index < end; ) {
        const until = Math.min(end, column.boundsOf(index).end);
        const segment = stays ? this.segment(column, index) : column.segmentAt(index);
        const part = target.subarray((index - start) * elemSize, (until - start) * elemSize);
        if (segment)
          part.set(segment.bytes.subarray((index - segment.start) * elemSize, (until - segment.start) * elemSize));
        else this.#readFile(column.meta, index * elemSize, part);
        index = until;
      }
    });
  }

  write(start: number, block: EncodedBlock): void {
    this.#change((column) => {
      checkRange(this.#shown, start, start + block.count, column.length);
      this.#overwrite(column, start, block.data);
      this.#resident.generation++;
    });
  }

  append(block: EncodedBlock): number {
    return this.#change((column) => {
      this.#extend(column, block.data);
      return column.length;
    });
  }

  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    this.#change((column) => {
      checkRange(this.#shown, start, start + deleteCount, column.length);
      const { elemSize } = this.#shape;
      const shift = block.count - deleteCount;
      const tail = start + deleteCount;
      if (shift > 0) this.#makeRoom(column, tail, shift, block.data.subarray(deleteCount * elemSize));
      const replaced = Math.min(block.count, deleteCount);
      this.#overwrite(column, start, block.data.subarray(0, replaced * elemSize));
      if (shift < 0) {
        this.#shiftDown(column, tail, -shift);
        this.#truncate(column, column.length + shift);
      }
      this.#resident.generation++;
    });
  }

  clear(): void {
    this.#change((column) => {
      this.#tables.deleteAllChunks(column.meta.id);
      this.#setLength(column, 0);
      this.#resident.generation++;
    });
  }

  stats(): ColumnStats {
    return this.#connection.consistently(() => {
      const { meta, length } = this.fresh();
      const chunks = this.#tables.chunks(meta.id);
      const liveBytes = length * meta.elemSize;
      const there = chunks.reduce((sum, { size }) => sum + size, 0);
      return { chunks: chunks.length, liveBytes, deadBytes: Math.max(0, there - tightBytes(meta, liveBytes)) };
    });
  }

  compact(): void {
    this.#change(({ meta, length }) => {
      const bytes = length * meta.elemSize;
      const count = Math.ceil(bytes / meta.maxChunk);
      this.#tables.deleteChunksFrom(meta.id, count);
      for (let index = 0; index < count; index++) {
        const live = Math.min(meta.maxChunk, bytes - index * meta.maxChunk);
        const tight = chunkSizeFor(live, meta);
        if (this.#chunkSize(meta, index, live) !== tight) this.#rewriteChunk(meta, index, live, Buffer.alloc(0), tight);
      }
    });
  }

  /** Runs a change in a transaction, with what the file says at its begin. */
  #change<T>(body: (column: ResidentColumn) => T): T {
    return this.#connection.transaction(() => body(this.#renewLength()));
  }

  /** The version tells of every other writer; the row is read all the same, since a wrong length would overwrite elements. */
  #renewLength(): ResidentColumn {
    const column = this.fresh();
    if (column.version === undefined) return column;
    const meta = this.#findMeta();
    if (meta.id === column.meta.id && meta.length === column.length) return column;
    return this.#take(column.version, meta);
  }

  #renew(version: number | undefined): ResidentColumn {
    return this.#take(version, this.#findMeta());
  }

  #take(version: number | undefined, meta: MetaRow): ResidentColumn {
    // Without a version nothing may be kept, nor what is kept be used.
    const column = version === undefined ? this.#residents.passing() : this.#resident;
    column.renew(version, meta, this.#shape.element);
    return column;
  }

  #findMeta(): MetaRow {
    const row = this.#tables.find(this.name);
    if (!row) {
      this.#resident.invalidate();
      throw new NotFound(`there is no column ${JSON.stringify(this.#shown)} any more`);
    }
    const meta = checkMeta(row);
    if (meta.dtype !== this.#shape.dtype) {
      this.#resident.invalidate();
      throw new NotFound(
        `column ${JSON.stringify(this.#shown)} was of ${this.#shape.dtype} and is another one of ${meta.dtype} now: take it anew`,
      );
    }
    if (meta.elemSize !== this.#shape.elemSize) {
      this.#resident.invalidate();
      throw new CorruptData(
        `column ${JSON.stringify(this.#shown)} of ${meta.dtype} has elements of ${meta.elemSize} bytes; expected ${this.#shape.elemSize}`,
      );
    }
    return meta;
  }

  #load(index: number): Segment {
    return this.#connection.consistently(() => {
      const column = this.fresh();
      checkRange(this.#shown, index, index + 1, column.length);
      const present = column.segmentAt(index);
      if (present) return present;
      const { elemSize } = this.#shape;
      const passing = column.version === undefined;
      const { start, end } = passing ? { start: index, end: index + 1 } : column.boundsOf(index);
      const bytes = Buffer.allocUnsafeSlow((Math.min(end, column.length) - start) * elemSize);
      this.#readFile(column.meta, start * elemSize, bytes);
      return column.keep(start, end, bytes);
    });
  }

  /** Fills `target` from a byte of the virtual file on. */
  #readFile(meta: MetaRow, offset: number, target: Buffer): void {
    this.#byChunks(meta, offset, target, (index, within, part) => {
      const got = this.#inChunk(index, () => this.#tables.data.read([meta.id, index], part, within));
      if (got < part.length) throw this.#short(index, within + got, within + part.length);
    });
  }

  /** Writes over elements that are there. */
  #overwrite(column: ResidentColumn, start: number, data: Buffer): void {
    const { meta } = column;
    this.#byChunks(meta, start * meta.elemSize, data, (index, within, part) => {
      this.#chunkSize(meta, index, within + part.length);
      this.#inChunk(index, () => this.#tables.data.write([meta.id, index], part, within));
    });
    column.wrote(start, data);
  }

  /** Adds elements behind the last. */
  #extend(column: ResidentColumn, data: Buffer): void {
    if (data.length === 0) return;
    const { meta } = column;
    const offset = column.length * meta.elemSize;
    const room = this.#lastSize(meta, offset);
    this.#byChunks(meta, offset, data, (index, within, part) => {
      const needed = within + part.length;
      const size = within === 0 ? 0 : room;
      // A chunk that others follow must be exactly as long as the longest: Python adds their sizes up.
      const fits = needed < meta.maxChunk ? size >= needed : size === needed;
      if (fits) this.#inChunk(index, () => this.#tables.data.write([meta.id, index], part, within));
      else this.#rewriteChunk(meta, index, within, part, chunkSizeFor(needed, meta));
    });
    column.wrote(column.length, data);
    this.#setLength(column, column.length + data.length / meta.elemSize);
  }

  /** The size of the last chunk that has elements, which is made sure of before anything is put behind them. */
  #lastSize(meta: MetaRow, bytes: number): number {
    const count = Math.ceil(bytes / meta.maxChunk);
    let last = this.#tables.lastChunk(meta.id);
    if (last && last.index >= count) {
      this.#tables.deleteChunksFrom(meta.id, count);
      last = this.#tables.lastChunk(meta.id);
    }
    if (count === 0) return 0;
    const index = count - 1;
    if (last?.index !== index) throw this.#missing(index);
    const needed = bytes - index * meta.maxChunk;
    if (last.size < needed) throw this.#short(index, last.size, needed);
    if (needed === meta.maxChunk && last.size > needed)
      this.#rewriteChunk(meta, index, needed, Buffer.alloc(0), needed);
    return last.size;
  }

  /** Gives a chunk new content: its first bytes as they are, then these, then zeros. */
  #rewriteChunk(meta: MetaRow, index: number, kept: number, added: Buffer, size: number): void {
    const isWhole = kept === 0 && added.length === size;
    const data = isWhole ? added : Buffer.allocUnsafeSlow(size);
    if (!isWhole) {
      if (kept > 0) this.#readFile(meta, index * meta.maxChunk, data.subarray(0, kept));
      data.set(added, kept);
      data.fill(0, kept + added.length);
    }
    this.#tables.putChunk(meta.id, index, data);
  }

  /** Moves the elements from `tail` on up by `shift`, and puts the given ones into the gap. */
  #makeRoom(column: ResidentColumn, tail: number, shift: number, added: Buffer): void {
    const { elemSize } = this.#shape;
    const length = column.length;
    const moved = length - tail;
    if (moved <= shift) {
      // All that moves comes to lie behind what is there now.
      const rest = this.#readElements(column, tail, length);
      const inPlace = moved * elemSize;
      this.#extend(column, Buffer.concat([added.subarray(inPlace), rest]));
      this.#overwrite(column, tail, added.subarray(0, inPlace));
      return;
    }
    this.#extend(column, this.#readElements(column, length - shift, length));
    const step = this.#windowElements();
    for (let end = length - shift; end > tail; end -= step) {
      const start = Math.max(tail, end - step);
      this.#overwrite(column, start + shift, this.#readElements(column, start, end));
    }
    this.#overwrite(column, tail, added);
  }

  /** Moves the elements from `tail` on down by `shift`. */
  #shiftDown(column: ResidentColumn, tail: number, shift: number): void {
    const step = this.#windowElements();
    for (let start = tail; start < column.length; start += step) {
      const end = Math.min(column.length, start + step);
      this.#overwrite(column, start - shift, this.#readElements(column, start, end));
    }
  }

  #truncate(column: ResidentColumn, length: number): void {
    this.#deletePastEnd(column.meta, length * this.#shape.elemSize);
    this.#setLength(column, length);
  }

  /** Deletes the chunks that lie wholly behind the virtual file's end: Python could not append with one there. */
  #deletePastEnd(meta: MetaRow, bytes: number): void {
    const count = Math.ceil(bytes / meta.maxChunk);
    const last = this.#tables.lastChunk(meta.id);
    if (last && last.index >= count) this.#tables.deleteChunksFrom(meta.id, count);
  }

  #setLength(column: ResidentColumn, length: number): void {
    this.#tables.setLength(column.meta.id, length);
    column.length = length;
  }

  #readElements(column: ResidentColumn, start: number, end: number): Buffer {
    const { elemSize } = this.#shape;
    const data = Buffer.allocUnsafeSlow((end - start) * elemSize);
    this.#readFile(column.meta, start * elemSize, data);
    return data;
  }

  #windowElements(): number {
    return Math.max(1, Math.floor(WINDOW_BYTES / this.#shape.elemSize));
  }

  /** Splits a range of the virtual file at the ends of chunks. */
  #byChunks(
    { maxChunk }: MetaRow,
    offset: number,
    data: Buffer,
    each: (index: number, within: number, part: Buffer) => void,
  ): void {
    for (let done = 0; done < data.length; ) {
      const index = Math.floor((offset + done) / maxChunk);
      const within = offset + done - index * maxChunk;
      const part = data.subarray(done, Math.min(data.length, done + maxChunk - within));
      each(index, within, part);
      done += part.length;
    }
  }

  /** A chunk's size, which must be at least what its elements take. */
  #chunkSize(meta: MetaRow, index: number, needed: number): number {
    const chunk = this.#tables.chunk(meta.id, index);
    if (!chunk) throw this.#missing(index);
    if (chunk.size < needed) throw this.#short(index, chunk.size, needed);
    return chunk.size;
  }

  #inChunk<T>(index: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof NotFound) throw this.#missing(index, error);
      // What is there is no BLOB that could be opened.
      if (error instanceof KohakuVaultError && (error.code === 'KV_ERROR' || error.code === 'KV_CORRUPT')) {
        throw new CorruptData(`${this.#chunkName(index)}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  #missing(index: number, cause?: unknown): CorruptData {
    return new CorruptData(`${this.#chunkName(index)} is missing, and elements should be in it`, { cause });
  }

  #short(index: number, size: number, needed: number): CorruptData {
    return new CorruptData(`${this.#chunkName(index)} ends after ${size} bytes, and its elements need ${needed}`);
  }

  #chunkName(index: number): string {
    return `column ${JSON.stringify(this.#shown)}: chunk ${index}`;
  }
}

/** Bytes of all chunks of a column that holds so much and was never longer. */
function tightBytes(meta: MetaRow, bytes: number): number {
  const full = Math.floor(bytes / meta.maxChunk);
  const rest = bytes - full * meta.maxChunk;
  return full * meta.maxChunk + (rest > 0 ? chunkSizeFor(rest, meta) : 0);
}

function checkRange(name: string, start: number, end: number, length: number): void {
  if (start >= 0 && start <= end && end <= length) return;
  const what = end === start + 1 ? `element ${start}` : `elements ${start} to ${end}`;
  throw new InvalidArgument(`column ${JSON.stringify(name)} has ${length} elements: there is no ${what}`);
}
