import type { CorruptData } from '@kohakuvault/core-native/internal';
import { chunkAt, ENTRY_BYTES, endAt, startAt } from './index-entries.ts';

/** Consecutive elements that lie back to back in one chunk. */
export interface Run {
  readonly chunk: number;
  readonly start: number;
  end: number;
  /** Which of the elements given is its first, and the one behind its last. */
  readonly first: number;
  next: number;
}

/** Where consecutive elements lie: their bounds as they are read one after the other, and the runs they come in. */
export class EntryRuns {
  readonly runs: Run[] = [];
  readonly offsets: Float64Array;
  readonly #damaged: (index: number, entry: string) => CorruptData;
  #count = 0;

  /** `damaged` makes the error for an entry that no index can have. */
  constructor(count: number, damaged: (index: number, entry: string) => CorruptData) {
    this.offsets = new Float64Array(count + 1);
    this.#damaged = damaged;
  }

  /** Bytes of all elements. */
  get bytes(): number {
    return this.offsets[this.#count] as number;
  }

  /** Takes the entries from one byte of an index up to another. */
  add(entries: Buffer, from: number, to: number): void {
    let run = this.runs.at(-1);
    for (let at = from; at < to; at += ENTRY_BYTES) {
      const chunk = chunkAt(entries, at);
      const start = startAt(entries, at);
      const end = endAt(entries, at);
      if (chunk < 0 || start < 0 || end < start) {
        throw this.#damaged(this.#count, `chunk ${chunk}, bytes ${start} to ${end}`);
      }
      if (run !== undefined && run.chunk === chunk && run.end === start) {
        run.end = end;
        run.next++;
      } else {
        run = { chunk, start, end, first: this.#count, next: this.#count + 1 };
        this.runs.push(run);
      }
      this.offsets[this.#count + 1] = (this.offsets[this.#count] as number) + end - start;
      this.#count++;
    }
  }
}

/** The last bound at most `room` bytes behind that of the element `from`. */
export function lastWithin(offsets: Float64Array, from: number, room: number): number {
  const most = (offsets[from] as number) + room;
  let [low, high] = [from, offsets.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((offsets[middle] as number) <= most) low = middle;
    else high = middle - 1;
  }
  return low;
}
