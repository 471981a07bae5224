import type { ColumnStats } from '../../elements/column-store.ts';
import type { EncodedBlock } from '../../elements/encoded-block.ts';
import type { ResidentData } from '../../resident/resident-data.ts';
import type { DataChunkRow } from '../../tables/chunk-tables.ts';
import type { DataChunks } from './data-chunks.ts';
import type { ElementIndex, Group } from './element-index.ts';
import { lastWithin } from './entry-runs.ts';
import { ENTRY_BYTES, putEntries } from './index-entries.ts';

/** The most elements of a rewritten chunk, however short they are. */
const MAX_ELEMENTS = 65_536;

const NO_BYTES = Buffer.alloc(0);

/**
 * Moves elements, so that those of a chunk always have the same order in the index and in the chunk. Python relies on
 * that: when an element grows, it shifts the bytes behind it and takes them for the elements after it. Whole chunks are
 * rewritten, so that a move never overwrites a neighbor.
 */
export class Rearrangement {
  readonly #index: ElementIndex;
  readonly #chunks: DataChunks;

  constructor(index: ElementIndex, chunks: DataChunks) {
    this.#index = index;
    this.#chunks = chunks;
  }

  /**
   * Orders the chunks if necessary, which only a damaged file needs. Returns whether it did. The caller does this
   * before it moves anything.
   */
  begin(data: ResidentData): boolean {
    data.ordered ??= this.#index.isOrdered(this.#chunks.last(data)?.index);
    if (data.ordered) return false;
    this.#rewriteAll(data, this.#chunks.rows(data));
    return true;
  }

  /** Replaces the elements of a chunk. Splits it if they are too many. */
  rewrite(data: ResidentData, { chunk, first, next }: Group, block: EncodedBlock): void {
    const offsets = block.offsets as Float64Array;
    const cuts = this.#cut(data, offsets);
    const ids = this.#numbers(data, chunk, cuts.length - 1);
    const entries = Buffer.allocUnsafe(block.count * ENTRY_BYTES);
    const last = this.#chunks.last(data)?.index;
    for (const [nth, id] of ids.entries()) {
      const [from, to] = [cuts[nth] as number, cuts[nth + 1] as number];
      const bytes = block.data.subarray(offsets[from], offsets[to]);
      const isLast = nth === ids.length - 1 && (last === undefined || id >= last);
      const size = isLast ? this.#chunks.sizeFor(data, bytes.length) : bytes.length;
      this.#chunks.putPadded(data, id, bytes, size);
      putEntries(entries, offsets, { from, to, chunk: id, start: 0 });
    }
    this.#index.splice(first, next - first, { count: block.count, data: entries });
  }

  /** Returns where to split elements into chunks, as evenly as possible. */
  #cut(data: ResidentData, offsets: Float64Array): number[] {
    const limit = this.#chunks.fillBytes(data);
    const [count, total] = [offsets.length - 1, offsets.at(-1) as number];
    const target = total / Math.max(1, Math.ceil(total / limit));
    const cuts = [0];
    for (let from = 0; from < count; ) {
      const most = lastWithin(offsets, from, limit);
      const even = lastWithin(offsets, from, target) + 1;
      const to = Math.max(from + 1, Math.min(most, even, count));
      cuts.push(to);
      from = to;
    }
    return cuts;
  }

  /** Returns a chunk's number and free ones, so that `count` chunks come before the chunk with the last elements. */
  #numbers(data: ResidentData, chunk: number, count: number): number[] {
    const ids = [chunk];
    if (count <= 1) return ids;
    const last = this.#chunks.last(data) as DataChunkRow;
    // The last chunk moves up: Python appends to it, and what it appends must come after the last element.
    const free = last.index === chunk ? chunk + 1 : this.#moveUp(data, last, count - 1);
    for (let id = free; ids.length < count; id++) ids.push(id);
    return ids;
  }

  /** Raises the number of the last chunk. Returns the first free number. */
  #moveUp(data: ResidentData, { index, size, used }: DataChunkRow, by: number): number {
    const { length } = this.#index;
    const group = this.#index.groupAt(length - 1);
    if (group.chunk === index) {
      const { runs, offsets } = this.#index.runs(group.first, length);
      const bytes = Buffer.allocUnsafeSlow(Math.max(Math.min(size, used), runs.at(-1)?.end ?? 0));
      this.#chunks.read(data, index, 0, bytes);
      this.#chunks.putPadded(data, index + by, bytes, size);
      const entries = Buffer.allocUnsafe((length - group.first) * ENTRY_BYTES);
      for (const run of runs) {
        putEntries(entries, offsets, { from: run.first, to: run.next, chunk: index + by, start: run.start });
      }
      this.#index.write(group.first, { count: length - group.first, data: entries });
    } else {
      this.#chunks.putPadded(data, index + by, NO_BYTES, 1);
    }
    this.#chunks.delete(data, index);
    return index;
  }

  /**
   * Frees the space of elements that were removed from a chunk or have shrunk, while those from `first` up to `next`
   * remain. Space at its end becomes usable at once; a chunk that is mostly dead is rewritten.
   */
  reclaim(data: ResidentData, chunk: number, first: number, next: number): void {
    const row = this.#chunks.find(data, chunk);
    // A missing chunk has nothing to free, and it must be possible to remove its elements.
    if (!row) return;
    if (first === next) {
      this.drop(data, chunk);
      return;
    }
    const { runs, bytes } = this.#index.runs(first, next);
    const used = runs.at(-1)?.end ?? 0;
    if (bytes * 2 < used) this.rewrite(data, { chunk, first, next }, this.gather(data, first, next));
    else if (used !== row.used) this.#chunks.setUsed(data, chunk, used);
  }

  /** Deletes a chunk that has no elements any more. */
  drop(data: ResidentData, chunk: number): void {
    const wasLast = this.#chunks.last(data)?.index === chunk;
    this.#chunks.delete(data, chunk);
    if (!wasLast) return;
    const { length } = this.#index;
    const last = this.#chunks.last(data);
    // If a chunk from the middle became the last one, Python would append there. So an empty chunk stays last.
    if (last && this.#index.groupAt(length - 1).chunk !== last.index) this.#chunks.putPadded(data, chunk, NO_BYTES, 1);
  }

  /** Copies elements into a block, whether their chunks are resident or not. */
  gather(data: ResidentData, first: number, next: number): EncodedBlock {
    const runs = this.#index.runs(first, next);
    return { count: next - first, data: this.#chunks.gather(data, runs), offsets: runs.offsets };
  }

  /** Counts the chunks, and the bytes that `compact` would free. */
  stats(data: ResidentData): ColumnStats {
    const rows = this.#chunks.rows(data);
    const index = this.#index.stats();
    const liveBytes = this.#index.elementBytes();
    return { chunks: rows.length + index.chunks, liveBytes, deadBytes: deadIn(rows, liveBytes) + index.deadBytes };
  }

  /** Rewrites all elements in order, into chunks that are as full as possible. */
  compact(data: ResidentData): void {
    const rows = this.#chunks.rows(data);
    const live = this.#index.elementBytes();
    const fewest = Math.ceil(live / this.#chunks.fillBytes(data));
    if (deadIn(rows, live) > 0 || rows.length > 2 * fewest + 1) {
      data.ordered ??= this.#index.isOrdered(rows.at(-1)?.index);
      this.#rewriteAll(data, rows);
    }
    this.#index.compact();
  }

  #rewriteAll(data: ResidentData, old: readonly DataChunkRow[]): void {
    const taken = new Set(old.map(({ index }) => index));
    const remaining = new Set(taken);
    const { length } = this.#index;
    let [id, copied] = [0, -1];
    for (let start = 0; start < length; id++) {
      while (taken.has(id)) id++;
      const { runs, offsets } = this.#index.runs(start, Math.min(length, start + MAX_ELEMENTS));
      const count = this.#rewriteSome(data, id, start, offsets);
      start += count;
      // A chunk whose elements were all copied is deleted at once, so that new chunks take its place in the file. In a
      // disordered column, more of its elements may come.
      for (const run of data.ordered ? runs : []) {
        if (run.first >= count) break;
        if (run.chunk !== copied && remaining.delete(copied)) this.#chunks.delete(data, copied);
        copied = run.chunk;
      }
    }
    for (const index of remaining) this.#chunks.delete(data, index);
    data.ordered = true;
  }

  /** Fills one new chunk with elements from `start` on, which have these bounds. Returns their number. */
  #rewriteSome(data: ResidentData, id: number, start: number, offsets: Float64Array): number {
    const { length } = this.#index;
    let count = Math.max(1, lastWithin(offsets, 0, this.#chunks.fillBytes(data)));
    // Empty elements do not need a chunk of their own.
    if (offsets[count] === 0 && start + count < length && count < MAX_ELEMENTS) count++;
    const { data: bytes } = this.gather(data, start, start + count);
    const isLast = start + count === length;
    this.#chunks.putPadded(data, id, bytes, isLast ? this.#chunks.sizeFor(data, bytes.length) : bytes.length);
    const entries = Buffer.allocUnsafe(count * ENTRY_BYTES);
    putEntries(entries, offsets, { from: 0, to: count, chunk: id, start: 0 });
    this.#index.write(start, { count, data: entries });
    return count;
  }
}

/** Returns the bytes of chunks that belong to no element, without the free space at the end of the last chunk. */
function deadIn(rows: readonly DataChunkRow[], liveBytes: number): number {
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  const last = rows.at(-1);
  const free = last ? Math.max(0, last.size - Math.max(0, last.used)) : 0;
  return Math.max(0, total - free - liveBytes);
}
