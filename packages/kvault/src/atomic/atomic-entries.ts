import { NEVER } from '../expiry/expiry-options.ts';
import type { CheckedKey } from '../keys/keys.ts';
import type { Entries } from '../table/entries.ts';
import { MISSING } from '../table/table-reads.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import { isExpected, sumOf } from './expected.ts';
import { Version } from './version.ts';

/**
 * Writes that depend on what a key has. Each reads and writes in one transaction and past the cache, so that no other
 * vault, thread or process can come between.
 */
export class AtomicEntries {
  readonly #table: string;
  readonly #entries: Entries;
  readonly #codec: KeyedCodec;

  constructor(table: string, entries: Entries, codec: KeyedCodec) {
    this.#table = table;
    this.#entries = entries;
    this.#codec = codec;
  }

  /** Returns a value with its version. */
  getWithVersion(key: CheckedKey): { value: unknown; version: Version } {
    const stored = this.#entries.storedNow(key);
    return { value: stored && this.#codec.decode(stored, key), version: Version.of(stored) };
  }

  /** Sets a key, or deletes it if nothing is to be stored, if it has what is expected. Returns whether it had. */
  compareAndSet(key: CheckedKey, expected: unknown, next: Buffer | undefined, time: number): boolean {
    return this.#entries.atomically(key, () => {
      const stored = this.#entries.storedNow(key);
      if (!isExpected(stored, expected, { key, codec: this.#codec })) return false;
      if (stored || next) this.#entries.putNow(key, next, time);
      return true;
    });
  }

  setIfAbsent(key: CheckedKey, stored: Buffer, time: number): boolean {
    return this.#entries.atomically(key, () => {
      if (this.#entries.reads.has(key)) return false;
      this.#entries.putNow(key, stored, time);
      return true;
    });
  }

  /**
   * Adds to the number of a key, or to 0 if it does not exist. Only a new entry gets the time: another keeps its own.
   * Returns the sum.
   */
  increment(key: CheckedKey, by: number | bigint, time: number): number | bigint {
    return this.#entries.atomically(key, () => {
      const value = this.#entries.reads.get(key);
      const isNew = value === MISSING;
      const sum = isNew ? by : sumOf(value, by, { key, table: this.#table });
      const expiry = isNew ? time : (this.#entries.timeOf(key) ?? NEVER);
      this.#entries.putNow(key, this.#codec.encode(sum, key), expiry);
      return sum;
    });
  }
}
