import type { CorruptData } from '@kohakuvault/core-native/internal';
import { chunkAt, ENTRY_BYTES, endAt, startAt } from './index-entries.ts';

/** Consecutive elements that are back to back in one chunk. */
export interface Run {
  readonly chunk: number;
  readonly start: number;
  end: number;
  /** The position of its first element among those given. */
  readonly first: number;
  /** The position after its last element. */
  next: number;
}

/** Where consecutive elements are: their runs in chunks, and their bounds once they are read back to back. */
export class EntryRuns {
  readonly runs: Run[] = [];
  readonly offsets: Float64Array;
  readonly #damaged: (index: number, entry: string) => CorruptData;
  #count = 0;

  /** `damaged` makes the error for an impossible entry. */
  constructor(count: number, damaged: (index: number, entry: string) => CorruptData) {
    this.offsets = new Float64Array(count + 1);
    this.#damaged = damaged;
  }

  /** The bytes of all elements. */
  get bytes(): number {
    return this.offsets[this.#count] as number;
  }

  /** Adds the entries that are between two bytes of an index. */
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

/** Returns the last bound that is at most `room` bytes after that of element `from`. */
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
