import { CorruptData } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import type { Segment } from '../../resident/segment.ts';
import type { ChunkTables } from '../../tables/chunk-tables.ts';
import { FixedStore } from '../fixed/fixed-store.ts';
import { EntryRuns, lastWithin } from './entry-runs.ts';
import { chunkAt, ENTRY_BYTES, INDEX_DTYPE } from './index-entries.ts';
import { INDEX } from './part-names.ts';

/** The entries that are read at a time. */
const WINDOW = 65_536;

/** The entries that a search reads first. */
const NEAR = 512;

/** All elements of one chunk, which are consecutive. */
export interface Group {
  readonly chunk: number;
  readonly first: number;
  /** The index after the last one. */
  readonly next: number;
}

/** The column `<name>_idx` of fixed-size entries, which say in which data chunk each element is, and where. */
export class ElementIndex extends FixedStore {
  readonly #column: string;

  constructor(connection: Access, tables: ChunkTables, column: string) {
    super(connection, tables, column + INDEX, { dtype: INDEX_DTYPE, elemSize: ENTRY_BYTES, reportedAs: column });
    this.#column = column;
  }

  /** The largest size of its chunks, which Python uses for the data too. */
  get maxChunk(): number {
    return this.fresh().meta.maxChunk;
  }

  /** Returns where consecutive elements are. */
  runs(start: number, end: number): EntryRuns {
    const { data } = this.read(start, end);
    const runs = this.#newRuns(start, end);
    runs.add(data, 0, data.length);
    return runs;
  }

  /** Returns the same if all entries are resident, or undefined. It copies nothing. */
  residentRuns(start: number, end: number): EntryRuns | undefined {
    const column = this.fresh();
    if (end > column.length) return undefined;
    // All segments are found before memory is allocated: the length may be damaged.
    const segments: Segment[] = [];
    for (let index = start; index < end; ) {
      const segment = column.segmentAt(index);
      if (segment === undefined) return undefined;
      segments.push(segment);
      index = segment.end;
    }
    const runs = this.#newRuns(start, end);
    for (const segment of segments) {
      const from = Math.max(start, segment.start) - segment.start;
      runs.add(segment.bytes, from * ENTRY_BYTES, (Math.min(end, segment.end) - segment.start) * ENTRY_BYTES);
    }
    return runs;
  }

  /** Counts the elements of a range, as long as they have at most so many bytes together. */
  countWithin(start: number, end: number, bytes: number): number {
    let [at, left] = [start, bytes];
    // Twice as many at a time: elements are as often short as long.
    for (let step = NEAR; at < end; step = Math.min(WINDOW, 2 * step)) {
      const to = Math.min(end, at + step);
      const { offsets } = this.runs(at, to);
      const count = lastWithin(offsets, 0, left);
      left -= offsets[count] as number;
      at += count;
      if (at < to) break;
    }
    return at - start;
  }

  /** Calls `each` with the entries of all elements, many at a time. */
  eachWindow(from: number, to: number, each: (start: number, entries: Buffer, runs: EntryRuns) => void): void {
    for (let start = from; start < to; start += WINDOW) {
      const { data } = this.read(start, Math.min(to, start + WINDOW));
      const runs = this.#newRuns(start, start + data.length / ENTRY_BYTES);
      runs.add(data, 0, data.length);
      each(start, data, runs);
    }
  }

  /** Returns the elements of one chunk: the neighbors of the element `at` whose entries say the same chunk. */
  groupAt(at: number): Group {
    const chunk = chunkAt(this.read(at, at + 1).data, 0);
    let [first, next] = [at, at + 1];
    for (let step = NEAR; first > 0; step *= 2) {
      const from = Math.max(0, first - step);
      const { data } = this.read(from, first);
      let count = first - from;
      while (count > 0 && chunkAt(data, (count - 1) * ENTRY_BYTES) === chunk) count--;
      first = from + count;
      if (count > 0) break;
    }
    const { length } = this;
    for (let step = NEAR; next < length; step *= 2) {
      const to = Math.min(length, next + step);
      const { data } = this.read(next, to);
      let count = 0;
      while (count < to - next && chunkAt(data, count * ENTRY_BYTES) === chunk) count++;
      next += count;
      if (next < to) break;
    }
    return { chunk, first, next };
  }

  /**
   * Returns whether the elements of each chunk are consecutive in the index, in the order that they have in the chunk,
   * and whether those of chunk `last` come last. Python writes them so, and we do.
   */
  isOrdered(last: number | undefined): boolean {
    const seen = new Set<number>();
    let [chunk, end, ordered] = [-1, 0, true];
    this.eachWindow(0, this.length, (_, __, { runs }) => {
      for (const run of runs) {
        if (run.chunk !== chunk) {
          ordered &&= !seen.has(run.chunk);
          seen.add(run.chunk);
        } else {
          ordered &&= run.start >= end;
        }
        chunk = run.chunk;
        end = run.end;
      }
    });
    return ordered && (last === undefined || chunk === last || !seen.has(last));
  }

  /** Returns the bytes of all elements. */
  elementBytes(): number {
    let bytes = 0;
    this.eachWindow(0, this.length, (_, __, runs) => {
      bytes += runs.bytes;
    });
    return bytes;
  }

  #newRuns(start: number, end: number): EntryRuns {
    return new EntryRuns(
      end - start,
      (index, entry) =>
        new CorruptData(`column ${JSON.stringify(this.#column)}: the index says of element ${start + index}: ${entry}`),
    );
  }
}
