import { CorruptData, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import type { ElementInfo } from '@kohakuvault/packer';
import type { ColumnStats, ColumnStore, EncodedBlock, Located } from '../layout.ts';
import type { ResidentColumn } from '../resident/resident-column.ts';
import { ResidentSet } from '../resident/resident-set.ts';
import type { Segment } from '../resident/segment.ts';
import { ChunkDamage } from './chunk-damage.ts';
import { ChunkFile } from './chunk-file.ts';
import { checkMeta } from './limits.ts';
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

/** A column of elements of one size: element i is at byte `i * elemSize` of its file, and never crosses a chunk's end. */
export class FixedStore implements ColumnStore {
  readonly name: string;
  readonly #shown: string;
  readonly #connection: Access;
  readonly #tables: LegacyTables;
  readonly #file: ChunkFile;
  readonly #residents: ResidentSet;
  readonly #resident: ResidentColumn;
  readonly #shape: FixedShape;

  constructor(connection: Access, tables: LegacyTables, name: string, shape: FixedShape) {
    this.name = name;
    this.#shown = shape.shownAs ?? name;
    this.#connection = connection;
    this.#tables = tables;
    this.#file = new ChunkFile(tables, new ChunkDamage(this.#shown));
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
    if (bytes > SURE_BYTES) this.#file.checkEnd(this.fresh().meta, end * elemSize);
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
      const partOf = (from: number, to: number) => target.subarray((from - start) * elemSize, (to - start) * elemSize);
      // What takes much of the memory there is would drive everything else out, and gains least by staying.
      const stays = column.version !== undefined && target.length <= this.#residents.capacity / 2;
      // What has to be read is read in one piece.
      let unread = start;
      for (let index = start; index < end; ) {
        const bounds = column.boundsOf(index);
        const until = Math.min(end, bounds.end);
        const isWhole = index === bounds.start && until === Math.min(bounds.end, column.length);
        const segment = stays && !isWhole ? this.segment(column, index) : column.segmentAt(index);
        if (segment) {
          this.#readPart(column, unread, index, partOf(unread, index), stays);
          const first = (index - segment.start) * elemSize;
          partOf(index, until).set(segment.bytes.subarray(first, first + (until - index) * elemSize));
          unread = until;
        }
        index = until;
      }
      this.#readPart(column, unread, end, partOf(unread, end), stays);
    });
  }

  /** Reads whole segments from the file, and keeps them where they may stay. */
  #readPart(column: ResidentColumn, start: number, end: number, target: Buffer, stays: boolean): void {
    if (start >= end) return;
    const { elemSize } = this.#shape;
    this.#file.read(column.meta, start * elemSize, target);
    for (let index = start; stays && index < end; ) {
      const bounds = column.boundsOf(index);
      const until = Math.min(end, bounds.end);
      const bytes = Buffer.allocUnsafeSlow((until - index) * elemSize);
      bytes.set(target.subarray((index - start) * elemSize, (until - start) * elemSize));
      column.keep(bounds.start, bounds.end, bytes);
      index = until;
    }
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
      this.#file.clear(column.meta);
      this.#setLength(column, 0);
      this.#resident.generation++;
    });
  }

  stats(): ColumnStats {
    return this.#connection.consistently(() => {
      const { meta, length } = this.fresh();
      const liveBytes = length * meta.elemSize;
      const { chunks, dead } = this.#file.measure(meta, liveBytes);
      return { chunks, liveBytes, deadBytes: dead };
    });
  }

  compact(): void {
    this.#change(({ meta, length }) => this.#file.compact(meta, length * meta.elemSize));
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
      this.#file.read(column.meta, start * elemSize, bytes);
      return column.keep(start, end, bytes);
    });
  }

  /** Writes over elements that are there. */
  #overwrite(column: ResidentColumn, start: number, data: Buffer): void {
    this.#file.overwrite(column.meta, start * column.meta.elemSize, data);
    column.wrote(start, data);
  }

  /** Adds elements behind the last. */
  #extend(column: ResidentColumn, data: Buffer): void {
    if (data.length === 0) return;
    const { meta, length } = column;
    this.#file.extend(meta, length * meta.elemSize, data);
    column.wrote(length, data);
    this.#setLength(column, length + data.length / meta.elemSize);
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
    this.#file.cutOff(column.meta, length * this.#shape.elemSize);
    this.#setLength(column, length);
  }

  #setLength(column: ResidentColumn, length: number): void {
    this.#tables.setLength(column.meta.id, length);
    column.length = length;
  }

  #readElements(column: ResidentColumn, start: number, end: number): Buffer {
    const { elemSize } = this.#shape;
    const data = Buffer.allocUnsafeSlow((end - start) * elemSize);
    this.#file.read(column.meta, start * elemSize, data);
    return data;
  }

  #windowElements(): number {
    return Math.max(1, Math.floor(WINDOW_BYTES / this.#shape.elemSize));
  }
}

function checkRange(name: string, start: number, end: number, length: number): void {
  if (start >= 0 && start <= end && end <= length) return;
  const what = end === start + 1 ? `element ${start}` : `elements ${start} to ${end}`;
  throw new InvalidArgument(`column ${JSON.stringify(name)} has ${length} elements: there is no ${what}`);
}
