import type { KeyRange } from '@kohakuvault/kvault';
import type { BytesVault, Format } from './formats.ts';
import { keyRangeOf, type LevelRange, rangeFrom } from './range.ts';
import type { State } from './states.ts';

/** What an iterator reads from: a state, and what ends it if it belongs to the iterator alone. */
export interface IteratorSource {
  readonly state: State;
  readonly end: () => void;
}

/** The rows of a range of a vault, as an iterator returns them. */
export type Rows<T> = (vault: BytesVault, range: KeyRange) => Iterator<T, unknown>;

/** A way through a range of one state. The vault reads its rows ahead, a page at a time. */
export class Cursor<T> {
  readonly #source: IteratorSource;
  readonly #range: KeyRange;
  readonly #open: Rows<T>;
  /** How many more rows there may be: the vault reads no further ahead. */
  #left: number;
  #rows: Iterator<T, unknown> | undefined;

  constructor(source: IteratorSource, range: LevelRange, open: Rows<T>) {
    const { limit = -1 } = range;
    this.#source = source;
    this.#range = keyRangeOf({ ...range, limit: -1 });
    this.#open = open;
    this.#left = limit < 0 ? Number.POSITIVE_INFINITY : limit;
    this.#begin(this.#range);
  }

  next(): T | undefined {
    const { value, done } = this.#rows?.next() ?? { done: true };
    if (done) return undefined;
    this.#left--;
    return value;
  }

  nextMany(size: number): T[] {
    const found: T[] = [];
    while (found.length < size) {
      const item = this.next();
      if (item === undefined) break;
      found.push(item);
    }
    return found;
  }

  seek(target: Format): void {
    this.#rows?.return?.();
    this.#begin(rangeFrom(this.#range, target));
  }

  close(): void {
    this.#rows?.return?.();
    this.#rows = undefined;
    this.#source.end();
  }

  #begin(range: KeyRange | undefined): void {
    const limit = this.#left === Number.POSITIVE_INFINITY ? undefined : this.#left;
    this.#rows = range && this.#open(this.#source.state.vault, { ...range, limit });
  }
}
