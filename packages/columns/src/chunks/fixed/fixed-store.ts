import { CorruptData, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import type { ElementInfo, TypedArray } from '@kohakuvault/packer';
import { checkRange } from '../../elements/check-range.ts';
import type { ColumnStats, ColumnStore, Layout, ResidentNumbers } from '../../elements/column-store.ts';
import { allocated, type ElementBytes, type EncodedBlock } from '../../elements/encoded-block.ts';
import type { ResidentColumn } from '../../resident/resident-column.ts';
import { ResidentSet } from '../../resident/resident-set.ts';
import type { Segment } from '../../resident/segment.ts';
import type { KnownPieces } from '../../statistics/known-pieces.ts';
import { ChunkDamage } from '../../tables/chunk-damage.ts';
import type { FixedTables } from '../../tables/fixed-tables.ts';
import { checkMeta } from '../../tables/limits.ts';
import type { MetaRow } from '../../tables/rows.ts';
import { ChunkFile } from './chunk-file.ts';

const NO_BYTES = Buffer.alloc(0);

/** The bytes that are moved at a time when elements shift. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/** The most bytes that are read without SQLite if nothing of them stays in memory. More are read faster through it. */
const FEW_BYTES = 32 * 1024;

/** The most memory that a length alone is reason to allocate: it may be damaged. */
const TRUSTED_BYTES = 64 * 1024 * 1024;

/** What the row of a column of fixed-size elements must say. */
export interface ExpectedRow {
  /** The dtype in the spelling that the file has. A column that was recreated with another is another column. */
  readonly dtype: string;
  readonly elemSize: number;
  /** The column that errors name, if it is another one: an element index is a part of a column. */
  readonly reportedAs?: string | undefined;
  /** The type of the elements, if they are numbers: their segments are typed arrays then. */
  readonly element?: ElementInfo | undefined;
  /** Default '0.7'. */
  readonly layout?: Layout | undefined;
}

/**
 * A column of fixed-size elements. Element i is at byte `i * elemSize` of a `ChunkFile`, and never crosses a chunk's
 * end.
 */
export class FixedStore implements ColumnStore, ResidentNumbers {
  readonly name: string;
  readonly layout: Layout;
  readonly #reportedName: string;
  readonly #connection: Access;
  readonly #tables: FixedTables;
  readonly #file: ChunkFile;
  readonly #residents: ResidentSet;
  readonly #resident: ResidentColumn;
  readonly #expected: ExpectedRow;
  /** The bytes of one element that does not stay in memory. The first use makes it: a damaged dtype names any size. */
  #single?: Buffer;

  constructor(
    connection: Access,
    tables: FixedTables,
    name: string,
    expected: ExpectedRow,
    residents = ResidentSet.of(connection),
  ) {
    this.name = name;
    this.layout = expected.layout ?? '0.7';
    this.#reportedName = expected.reportedAs ?? name;
    this.#connection = connection;
    this.#tables = tables;
    this.#file = new ChunkFile(tables, new ChunkDamage(this.#reportedName));
    this.#expected = expected;
    this.#residents = residents;
    this.#resident = this.#residents.column(name, expected.dtype);
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

  get numbers(): ResidentNumbers | undefined {
    return this.#expected.element && this;
  }

  /** Returns the resident copy, after renewing it if the file may have changed. */
  fresh(): ResidentColumn {
    const version = this.#residents.watch.look();
    return version !== undefined && version === this.#resident.version ? this.#resident : this.#renew(version);
  }

  locate(index: number, target: ElementBytes): void {
    const column = this.fresh();
    const { elemSize } = this.#expected;
    const segment = column.segmentAt(index);
    if (!segment && index < column.length && !column.isWorthKeeping(index, 1)) {
      this.#single ??= Buffer.allocUnsafeSlow(elemSize);
      if (this.#readAlone(index, this.#single)) {
        target.bytes = this.#single;
        target.start = 0;
        target.end = elemSize;
        return;
      }
    }
    const { bytes, start } = segment ?? this.#load(index);
    target.bytes = bytes;
    target.start = (index - start) * elemSize;
    target.end = target.start + elemSize;
  }

  /** Fills `target` with elements that do not stay in memory. Returns false if they must be read in another way. */
  #readAlone(start: number, target: Buffer): boolean {
    return this.#connection.consistently(() => {
      const column = this.fresh();
      if (column.version === undefined) return false;
      // What is found in the pages of the file is neither kept nor watched.
      if (this.#file.readInPlace(column.meta, start * this.#expected.elemSize, target)) return true;
      this.#residents.watch.begin();
      return column.readPages(start, target);
    });
  }

  take(indexes: Float64Array): EncodedBlock | undefined {
    return this.#connection.consistently(() => {
      const column = this.fresh();
      if (!column.fits) return undefined;
      const { elemSize, element } = this.#expected;
      const count = indexes.length;
      const data = allocated(count, () => Buffer.allocUnsafeSlow(count * elemSize));
      if (element && column.stride > 0) {
        this.#takeNumbers(column, indexes, new element.array(data.buffer as ArrayBuffer));
        return { count, data };
      }
      const segments: Segment[] = [];
      for (let nth = 0; nth < count; nth++) {
        const index = indexes[nth] as number;
        const slot = column.slotOf(index);
        const segment = segments[slot] ?? column.segmentAt(index) ?? this.#load(index);
        segments[slot] = segment;
        const at = (index - segment.start) * elemSize;
        segment.bytes.copy(data, nth * elemSize, at, at + elemSize);
      }
      return { count, data };
    });
  }

  /** Copies numbers in the order of their indexes. All segments are of one length. */
  #takeNumbers(column: ResidentColumn, indexes: Float64Array, target: TypedArray): void {
    const { stride } = column;
    const values: TypedArray[] = [];
    const load = (index: number) => (column.segmentAt(index) ?? this.#load(index)).values as TypedArray;
    const shift = Math.log2(stride);
    if (Number.isInteger(shift) && column.length < 2 ** 31) {
      // Usually bits tell the segment and the place in it, which costs less than a division.
      for (let nth = 0; nth < indexes.length; nth++) {
        const index = (indexes[nth] as number) | 0;
        const slot = index >>> shift;
        let some = values[slot];
        if (some === undefined) {
          some = load(index);
          values[slot] = some;
        }
        target[nth] = some[index & (stride - 1)] as number;
      }
      return;
    }
    for (let nth = 0; nth < indexes.length; nth++) {
      const index = indexes[nth] as number;
      const slot = Math.floor(index / stride);
      values[slot] ??= load(index);
      target[nth] = (values[slot] as TypedArray)[index - slot * stride] as number;
    }
  }

  read(start: number, end: number): EncodedBlock {
    return this.#connection.consistently(() => {
      const data = this.#allocate(start, end);
      this.readInto(start, end, data);
      return { count: end - start, data };
    });
  }

  /** Allocates memory for elements. If it is much, checks first that the file has them. */
  #allocate(start: number, end: number): Buffer {
    const { elemSize } = this.#expected;
    const bytes = (end - start) * elemSize;
    if (bytes > TRUSTED_BYTES) this.#file.checkEnd(this.fresh().meta, end * elemSize);
    try {
      return Buffer.allocUnsafeSlow(bytes);
    } catch (cause) {
      throw new InvalidArgument(
        `column ${JSON.stringify(this.#reportedName)}: there is not enough memory for elements ${start} to ${end}, ` +
          `${bytes} bytes; read fewer at a time`,
        { cause },
      );
    }
  }

  readInto(start: number, end: number, target: Buffer): void {
    this.#connection.consistently(() => {
      const column = this.fresh();
      checkRange(this.#reportedName, start, end, column.length);
      const { elemSize } = this.#expected;
      const partOf = (from: number, to: number) => target.subarray((from - start) * elemSize, (to - start) * elemSize);
      // A large read would evict almost everything else, and profits least from staying in memory.
      const isKept = column.version !== undefined && target.length <= this.#residents.capacity / 2;
      // Elements that are not resident are read together.
      let unread = start;
      for (let index = start; index < end; ) {
        const bounds = column.boundsOf(index);
        const until = Math.min(end, bounds.end);
        const isWhole = index === bounds.start && until === Math.min(bounds.end, column.length);
        let segment = column.segmentAt(index);
        if (!segment && isKept && !isWhole && column.isWorthKeeping(index, until - index)) segment = this.#load(index);
        if (segment) {
          this.#readPart(column, unread, index, partOf(unread, index), isKept);
          const first = (index - segment.start) * elemSize;
          partOf(index, until).set(segment.bytes.subarray(first, first + (until - index) * elemSize));
          unread = until;
        }
        index = until;
      }
      this.#readPart(column, unread, end, partOf(unread, end), isKept);
    });
  }

  visit(start: number, end: number, visitor: (bytes: Uint8Array, first: number) => boolean, known?: KnownPieces): void {
    this.#connection.consistently(() => {
      const column = this.fresh();
      checkRange(this.#reportedName, start, end, column.length);
      const { elemSize } = this.#expected;
      const isKept = column.version !== undefined && (end - start) * elemSize <= this.#residents.capacity / 2;
      // One piece of memory for everything that does not stay.
      let window = NO_BYTES;
      for (let index = start; index < end; ) {
        const bounds = column.boundsOf(index);
        const until = Math.min(end, bounds.end);
        // What is known of a segment is known of all its elements.
        const isWhole = known && index === bounds.start && until === Math.min(bounds.end, column.length);
        const before = isWhole ? column.known(index, until) : undefined;
        if (before && known?.take(before, until - index)) {
          index = until;
          continue;
        }
        if (isWhole && column.version !== undefined) this.#residents.watch.begin();
        const size = (until - index) * elemSize;
        const segment = column.segmentAt(index) ?? (isKept ? this.#load(index) : undefined);
        if (!segment && window.length < size) window = Buffer.allocUnsafeSlow(size);
        const from = segment ? (index - segment.start) * elemSize : 0;
        const bytes = (segment?.bytes ?? window).subarray(from, from + size);
        if (!segment) this.#file.read(column.meta, index * elemSize, bytes);
        if (!visitor(bytes, index)) return;
        if (isWhole && column.version !== undefined) column.learn(index, until, known.learn(bytes, before));
        index = until;
      }
    });
  }

  /** Reads elements from the file, and keeps their whole segments if these may stay in memory. */
  #readPart(column: ResidentColumn, start: number, end: number, target: Buffer, isKept: boolean): void {
    if (start >= end) return;
    const { elemSize } = this.#expected;
    const isAlone = target.length <= FEW_BYTES && !(isKept && this.#hasSegment(column, start, end));
    if (isAlone && this.#readAlone(start, target)) return;
    this.#readBytes(column, start, target, isKept);
    for (let index = start; isKept && index < end; ) {
      const bounds = column.boundsOf(index);
      const until = Math.min(end, bounds.end);
      if (index === bounds.start && until === Math.min(bounds.end, column.length)) {
        const bytes = Buffer.allocUnsafeSlow((until - index) * elemSize);
        bytes.set(target.subarray((index - start) * elemSize, (until - start) * elemSize));
        column.keep(bounds.start, bounds.end, bytes);
      }
      index = until;
    }
  }

  /** Returns whether a whole segment lies in a range of elements. */
  #hasSegment(column: ResidentColumn, start: number, end: number): boolean {
    let bounds = column.boundsOf(start);
    if (start > bounds.start && bounds.end < end) bounds = column.boundsOf(bounds.end);
    return start <= bounds.start && Math.min(bounds.end, column.length) <= end;
  }

  /** Fills `target` with elements from the file. If they stay in memory, their chunks are watched anyway. */
  #readBytes(column: ResidentColumn, start: number, target: Buffer, isKept: boolean): void {
    if (column.version !== undefined && (isKept || target.length <= FEW_BYTES)) {
      this.#residents.watch.begin();
      if (column.readPages(start, target)) return;
    }
    this.#file.read(column.meta, start * this.#expected.elemSize, target);
  }

  write(start: number, block: EncodedBlock): void {
    this.#connection.transaction(() => {
      const column = this.#checked();
      checkRange(this.#reportedName, start, start + block.count, column.length);
      this.#overwrite(column, start, block.data);
      this.#resident.generation++;
    });
  }

  append(block: EncodedBlock): number {
    return this.#connection.transaction(() => {
      const column = this.#checked();
      this.#extend(column, block.data);
      return column.length;
    });
  }

  splice(start: number, deleteCount: number, block: EncodedBlock): void {
    this.#connection.transaction(() => {
      const column = this.#checked();
      checkRange(this.#reportedName, start, start + deleteCount, column.length);
      const { elemSize } = this.#expected;
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
    this.#connection.transaction(() => {
      const column = this.#checked();
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
    this.#connection.transaction(() => {
      const { meta, length } = this.#checked();
      this.#file.compact(meta, length * meta.elemSize);
    });
  }

  /**
   * Returns the resident copy at the start of a change, inside its transaction. Reads the row, although the file state
   * reports every other writer: a wrong length would overwrite elements.
   */
  #checked(): ResidentColumn {
    const column = this.fresh();
    if (column.version === undefined) return column;
    const meta = this.#findMeta();
    if (meta.id === column.meta.id && meta.length === column.length) return column;
    column.dropSegments();
    return this.#adopt(column.version, meta);
  }

  #renew(version: number | undefined): ResidentColumn {
    return this.#adopt(version, this.#findMeta());
  }

  #adopt(version: number | undefined, meta: MetaRow): ResidentColumn {
    // Without a file state, nothing may be kept and nothing resident may be used.
    const column = version === undefined ? this.#residents.transient() : this.#resident;
    column.renew(version, meta, this.#expected.element);
    return column;
  }

  #findMeta(): MetaRow {
    const row = this.#tables.find(this.name);
    if (!row) {
      this.#resident.invalidate();
      throw new NotFound(
        `column ${JSON.stringify(this.#reportedName)} no longer exists: it was deleted or renamed; call column() with a name of listColumns()`,
      );
    }
    const meta = checkMeta(row);
    if (meta.dtype !== this.#expected.dtype) {
      this.#resident.invalidate();
      throw new NotFound(
        `column ${JSON.stringify(this.#reportedName)} was recreated as ${meta.dtype}; call column() again`,
      );
    }
    if (meta.elemSize !== this.#expected.elemSize) {
      this.#resident.invalidate();
      throw new CorruptData(
        `column ${JSON.stringify(this.#reportedName)} of ${meta.dtype} has elements of ${meta.elemSize} bytes; ` +
          `expected ${this.#expected.elemSize}`,
      );
    }
    const what = () => `column ${JSON.stringify(this.#reportedName)}`;
    this.#connection.shared.untrusted?.checkStored(meta.length * meta.elemSize, what);
    return meta;
  }

  #load(index: number): Segment {
    return this.#connection.consistently(() => {
      const column = this.fresh();
      checkRange(this.#reportedName, index, index + 1, column.length);
      const present = column.segmentAt(index);
      if (present) return present;
      const { elemSize } = this.#expected;
      const isTransient = column.version === undefined;
      const { start, end } = isTransient ? { start: index, end: index + 1 } : column.boundsOf(index);
      const bytes = Buffer.allocUnsafeSlow((Math.min(end, column.length) - start) * elemSize);
      this.#readBytes(column, start, bytes, !isTransient);
      return column.keep(start, end, bytes);
    });
  }

  /** Overwrites existing elements. */
  #overwrite(column: ResidentColumn, start: number, data: Buffer): void {
    this.#file.overwrite(column.meta, start * column.meta.elemSize, data);
    column.wrote(start, data);
    // Nothing is written without data, and a transaction that changes nothing must not be noted.
    if (data.length > 0) this.#residents.watch.noteWrite();
  }

  /** Adds elements after the last one. */
  #extend(column: ResidentColumn, data: Buffer): void {
    if (data.length === 0) return;
    const { length } = column;
    const bytes = length * column.meta.elemSize;
    const meta = this.#tables.grown?.(column.meta, bytes, bytes + data.length) ?? column.meta;
    if (meta !== column.meta) column.renew(column.version, { ...meta, length }, this.#expected.element);
    this.#file.extend(meta, bytes, data);
    column.wrote(length, data);
    this.#residents.watch.noteWrite();
    this.#setLength(column, length + data.length / meta.elemSize);
  }

  /** Moves the elements from `tail` on up by `shift`, and fills the gap with the bytes given. */
  #makeRoom(column: ResidentColumn, tail: number, shift: number, added: Buffer): void {
    const { elemSize } = this.#expected;
    const length = column.length;
    const moved = length - tail;
    if (moved <= shift) {
      // All moved elements come to lie after the current end.
      const behind = this.#readElements(column, tail, length);
      const inPlace = moved * elemSize;
      this.#extend(column, Buffer.concat([added.subarray(inPlace), behind]));
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
    this.#file.cutOff(column.meta, length * this.#expected.elemSize);
    this.#setLength(column, length);
  }

  #setLength(column: ResidentColumn, length: number): void {
    this.#tables.setLength(column.meta, length, column.length);
    column.setLength(length);
  }

  #readElements(column: ResidentColumn, start: number, end: number): Buffer {
    const { elemSize } = this.#expected;
    const data = Buffer.allocUnsafeSlow((end - start) * elemSize);
    this.#file.read(column.meta, start * elemSize, data);
    return data;
  }

  #windowElements(): number {
    return Math.max(1, Math.floor(WINDOW_BYTES / this.#expected.elemSize));
  }
}
