import type { ColumnStats } from '../layout.ts';
import type { ResidentData } from '../resident/resident-data.ts';
import type { DataChunks } from './data-chunks.ts';
import type { ElementIndex } from './element-index.ts';
import { lastWithin } from './entry-runs.ts';
import { ENTRY_BYTES, endAt, putEntries, putEntry, startAt } from './index-entries.ts';
import type { DataChunkRow } from './tables.ts';

/** Elements that one rewritten chunk holds at most, however short they are. */
const MOST_ELEMENTS = 65_536;

/** A range of a chunk that no element has any more. */
export interface Freed {
  readonly chunk: number;
  readonly start: number;
  readonly end: number;
}

/** What elements of a chunk there are. */
interface Use {
  /** How many, the empty ones included. */
  elements: number;
  /** Their bytes. */
  live: number;
  /** The first of them, and the one behind the last. */
  first: number;
  next: number;
}

/** Gives back what no element has any more: at once at a chunk's end, by a rebuilt chunk when most of it is dead. */
export class Reclaim {
  readonly #index: ElementIndex;
  readonly #chunks: DataChunks;

  constructor(index: ElementIndex, chunks: DataChunks) {
    this.#index = index;
    this.#chunks = chunks;
  }

  /** Elements have gone from these ranges, and from the index. */
  free(data: ResidentData, freed: readonly Freed[]): void {
    const byChunk = new Map<number, Freed[]>();
    for (const range of freed) {
      data.grew(range.start - range.end);
      const ranges = byChunk.get(range.chunk);
      if (ranges) ranges.push(range);
      else byChunk.set(range.chunk, [range]);
    }
    for (const [id, ranges] of byChunk) {
      // Of a chunk that is missing there is nothing to give back, and its elements have to go somehow.
      const chunk = this.#chunks.find(data, id);
      if (chunk) this.#freeIn(data, chunk, ranges);
    }
  }

  #freeIn(data: ResidentData, chunk: DataChunkRow, freed: Freed[]): void {
    let { used, dead } = chunk;
    for (const { start, end } of freed.sort((a, b) => b.end - a.end)) {
      // What is free at the end is simply filled again.
      if (end === used) used = start;
      else dead += end - start;
    }
    if (used > 0 && dead * 2 <= used) {
      if (used !== chunk.used || dead !== chunk.dead) this.#chunks.setUse(data, chunk.index, used, dead);
      return;
    }
    const use = this.#useOf(chunk.index);
    if (use.elements === 0) this.#chunks.delete(data, chunk.index);
    else if (use.live * 2 < used) this.#rebuild(data, chunk.index, use);
    // Python has rebuilt it since, or elements share bytes.
    else this.#chunks.setUse(data, chunk.index, used, Math.max(0, used - use.live));
  }

  /** The elements of a chunk, by the whole index. */
  #useOf(chunk: number): Use {
    const use: Use = { elements: 0, live: 0, first: 0, next: 0 };
    this.#index.eachWindow(0, this.#index.length, (start, _, { runs }) => {
      for (const run of runs) {
        if (run.chunk !== chunk) continue;
        if (use.elements === 0) use.first = start + run.first;
        use.next = start + run.next;
        use.elements += run.next - run.first;
        use.live += run.end - run.start;
      }
    });
    return use;
  }

  /** Writes a chunk's elements anew, in the order of the index and without gaps. */
  #rebuild(data: ResidentData, chunk: number, { live, first, next }: Use): void {
    const rebuilt = Buffer.alloc(Math.max(1, this.#chunks.sizeFor(data, live)));
    let used = 0;
    this.#index.eachWindow(first, next, (start, entries, { runs }) => {
      for (const run of runs) {
        if (run.chunk !== chunk) continue;
        const shift = used - run.start;
        this.#chunks.read(data, chunk, run.start, rebuilt.subarray(used, run.end + shift));
        for (let at = run.first * ENTRY_BYTES; at < run.next * ENTRY_BYTES; at += ENTRY_BYTES) {
          putEntry(entries, at, chunk, startAt(entries, at) + shift, endAt(entries, at) + shift);
        }
        used = run.end + shift;
      }
      this.#index.write(start, { count: entries.length / ENTRY_BYTES, data: entries });
    });
    this.#chunks.put(data, chunk, rebuilt, used);
  }

  /** What is there, and what of it `compact` would give back. */
  stats(data: ResidentData): ColumnStats {
    const rows = this.#chunks.rows(data);
    const index = this.#index.stats();
    const liveBytes = this.#index.elementBytes();
    return {
      chunks: rows.length + index.chunks,
      liveBytes,
      deadBytes: deadIn(rows, liveBytes) + index.deadBytes,
    };
  }

  /** Writes all elements anew, in order, into chunks that are as full as they can be. */
  compact(data: ResidentData): void {
    const rows = this.#chunks.rows(data);
    const live = this.#index.elementBytes();
    const fewest = Math.ceil(live / this.#chunks.fillBytes(data));
    if (deadIn(rows, live) > 0 || rows.length > 2 * fewest + 1) this.#rewrite(data, rows);
    this.#index.compact();
  }

  #rewrite(data: ResidentData, old: readonly DataChunkRow[]): void {
    const taken = new Set(old.map(({ index }) => index));
    const { length } = this.#index;
    let id = 0;
    for (let start = 0; start < length; id++) {
      while (taken.has(id)) id++;
      start += this.#rewriteOne(data, id, start, length);
    }
    for (const { index } of old) this.#chunks.delete(data, index);
  }

  /** Fills one new chunk with the elements from `start` on; how many it took. */
  #rewriteOne(data: ResidentData, id: number, start: number, length: number): number {
    const { runs, offsets } = this.#index.runs(start, Math.min(length, start + MOST_ELEMENTS));
    const count = Math.max(1, lastWithin(offsets, 0, this.#chunks.fillBytes(data)));
    const used = offsets[count] as number;
    const chunk = Buffer.alloc(Math.max(1, start + count === length ? this.#chunks.sizeFor(data, used) : used));
    for (const run of runs) {
      if (run.first >= count) break;
      this.#chunks.read(
        data,
        run.chunk,
        run.start,
        chunk.subarray(offsets[run.first], Math.min(offsets[run.next] as number, used)),
      );
    }
    const entries = Buffer.allocUnsafe(count * ENTRY_BYTES);
    putEntries(entries, offsets, { from: 0, to: count, chunk: id, start: 0 });
    this.#chunks.put(data, id, chunk, used);
    this.#index.write(start, { count, data: entries });
    return count;
  }
}

/** Bytes of chunks that no element has, but for what the last one keeps free for the next. */
function deadIn(rows: readonly DataChunkRow[], liveBytes: number): number {
  const there = rows.reduce((sum, { size }) => sum + size, 0);
  const last = rows.at(-1);
  const free = last ? Math.max(0, last.size - Math.max(0, last.used)) : 0;
  return Math.max(0, there - free - liveBytes);
}
