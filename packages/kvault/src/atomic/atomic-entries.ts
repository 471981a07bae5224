import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { NEVER } from '../expiry/expiry-options.ts';
import { type CheckedKey, showKey } from '../keys/keys.ts';
import type { Entries } from '../table/entries.ts';
import { MISSING } from '../table/table-reads.ts';
import type { KeyedCodec } from '../values/keyed-codec.ts';
import { Version } from './version.ts';

const { isDeepStrictEqual } = process.getBuiltinModule('node:util');

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
      if (!this.#isExpected(stored, expected, key)) return false;
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
      const sum = isNew ? by : this.#sum(key, value, by);
      const expiry = isNew ? time : (this.#entries.timeOf(key) ?? NEVER);
      this.#entries.putNow(key, this.#codec.encode(sum, key), expiry);
      return sum;
    });
  }

  #sum(key: CheckedKey, value: unknown, by: number | bigint): number | bigint {
    if (typeof value === 'bigint' && typeof by === 'bigint') return value + by;
    if (typeof value === 'number' && typeof by === 'number') {
      const sum = value + by;
      const isWhole = Number.isInteger(value) && Number.isInteger(by);
      if (isWhole ? Number.isSafeInteger(sum) : Number.isFinite(sum)) return sum;
      throw new InvalidArgument(
        `increment of ${showKey(key)} in ${this.#table}: ${value} + ${by} is not exact as a number; ` +
          'set it to a bigint, and increment by bigints',
      );
    }
    throw new InvalidArgument(
      `increment of ${showKey(key)} in ${this.#table} by ${describe(by)}: the value is ${describe(value)}; ` +
        `expected a ${typeof by}`,
    );
  }

  #isExpected(stored: Buffer | undefined, expected: unknown, key: CheckedKey): boolean {
    if (Version.isVersion(expected)) return Version.of(stored).equals(expected);
    if (stored === undefined || expected === undefined) return stored === expected;
    const wanted = this.#codec.encode(expected, key);
    if (stored.equals(wanted)) return true;
    // Another program may have stored the same value in another encoding.
    return isDeepStrictEqual(this.#codec.decode(stored, key), this.#codec.decode(wanted, key));
  }
}

/** Checks what a number is incremented by. */
export function checkIncrement(by: unknown): number | bigint {
  if (typeof by === 'bigint' || (typeof by === 'number' && Number.isFinite(by))) return by;
  throw new InvalidArgument(`increment expects by to be a finite number or a bigint, got ${describe(by)}`);
}
