import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Key } from './keys/keys.ts';
import type { KeyRange } from './keys/range.ts';

/** Whether a range was given, rather than keys one after another. */
export function isRange(given: Iterable<Key> | KeyRange): given is KeyRange {
  return typeof given === 'object' && given !== null && !(Symbol.iterator in given);
}

/** Returns what an iterable argument gives. A string is not a list of its letters. */
export function listOf<T>(method: string, what: string, items: Iterable<T>): T[] {
  if (typeof items === 'string' || typeof items?.[Symbol.iterator] !== 'function') {
    throw new InvalidArgument(`${method} expects an iterable of ${what}, got ${describe(items)}`);
  }
  return Array.from(items);
}

/** Refuses an entry of `setMany` that is not a pair. */
export function checkPair(entry: unknown): void {
  if (Array.isArray(entry) && entry.length === 2) return;
  throw new InvalidArgument(`setMany expects pairs of a key and a value, got ${describe(entry)} among them`);
}

/** Returns the pairs of an `update`. */
export function pairsOf<T>(entries: Iterable<readonly [Key, T]> | Record<string, T>): Iterable<readonly [Key, T]> {
  if (typeof entries !== 'object' || entries === null) {
    throw new InvalidArgument(`update expects an iterable of pairs or an object, got ${describe(entries)}`);
  }
  return Symbol.iterator in entries ? (entries as Iterable<readonly [Key, T]>) : Object.entries(entries);
}

/** Refuses a `deleteRange` of nothing in particular. */
export function checkDeleteRange(range: unknown): void {
  if (range !== undefined) return;
  throw new InvalidArgument('deleteRange expects a range or a prefix, got undefined; clear() deletes everything');
}
