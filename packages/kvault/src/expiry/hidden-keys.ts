import type { CheckedKey } from '../keys/keys.ts';
import type { ResolvedRange } from '../keys/range.ts';
import { nameOf } from './pending-times.ts';

/** How many keys are read at a time. */
const KEYS = 512;

interface Sources {
  /** Returns the keys of the file that have expired in a range, at most so many, in its order. */
  readonly pages: (range: ResolvedRange, limit: number) => Buffer[];
  /** Whether a write of a key is pending, which hides what the file has. */
  readonly isPending: (key: CheckedKey) => boolean;
  /** The keys of pending entries that have expired. */
  readonly pending: readonly Buffer[];
}

/** The keys that a scan leaves out because their entries have expired. Ask for keys in the order of the range. */
export class HiddenKeys {
  readonly #sources: Sources;
  readonly #pending: ReadonlySet<string>;
  /** What is to be read next; undefined if nothing is. */
  #range: ResolvedRange | undefined;
  readonly #reverse: boolean;
  #keys: Buffer[] = [];
  #at = 0;

  constructor(range: ResolvedRange, sources: Sources) {
    this.#range = range;
    this.#reverse = range.reverse;
    this.#sources = sources;
    this.#pending = new Set(sources.pending.map(nameOf));
  }

  has(key: Uint8Array): boolean {
    if (this.#pending.size > 0 && this.#pending.has(nameOf(key))) return true;
    return this.#isStored(key) && !this.#sources.isPending(key);
  }

  #isStored(key: Uint8Array): boolean {
    for (;;) {
      const next = this.#keys[this.#at];
      if (next === undefined) {
        if (!this.#readMore()) return false;
        continue;
      }
      const order = Buffer.compare(next, key);
      if (order === 0) return true;
      if (this.#reverse ? order < 0 : order > 0) return false;
      this.#at++;
    }
  }

  #readMore(): boolean {
    const range = this.#range;
    if (!range) return false;
    this.#keys = this.#sources.pages(range, KEYS);
    this.#at = 0;
    const last = this.#keys.at(-1);
    const bound = last && { key: last, inclusive: false };
    if (!bound || this.#keys.length < KEYS) this.#range = undefined;
    else this.#range = range.reverse ? { ...range, upper: bound } : { ...range, lower: bound };
    return this.#keys.length > 0;
  }
}
