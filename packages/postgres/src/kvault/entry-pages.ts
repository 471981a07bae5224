import { type ResolvedRange, resolveRange } from '@kohakuvault/kvault/internal';
import type { Executor } from '../execution/executor.ts';
import { pagesOf } from '../execution/pages.ts';
import type { EntryReads, PageEntry, TimedEntry } from './entry-reads.ts';

/** Iterates over the keys of a range. */
export function keyPages(
  reads: EntryReads,
  executor: Executor,
  range: ResolvedRange,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  return pagesOf(executor, range, {
    read: (rest, limit) => reads.keys(executor, rest, limit),
    after: rangeAfter,
    lengthOf: (key) => key.length,
  });
}

/** Iterates over the entries of a range, without the values that are in parts. */
export function entryPages(
  reads: EntryReads,
  executor: Executor,
  range: ResolvedRange,
): AsyncGenerator<readonly PageEntry[], void, undefined> {
  return pagesOf(executor, range, { read: (rest, limit) => reads.page(executor, rest, limit), ...OF_ENTRY });
}

/** Iterates over all entries with the times at which they expire, for those who copy them. */
export function timedPages(
  reads: EntryReads,
  executor: Executor,
): AsyncGenerator<readonly TimedEntry[], void, undefined> {
  return pagesOf<ResolvedRange, TimedEntry>(executor, resolveRange(undefined), {
    read: (rest, limit) => reads.timedPage(executor, rest, limit),
    ...OF_ENTRY,
  });
}

const OF_ENTRY = {
  after: (range: ResolvedRange, { key }: PageEntry, count: number) => rangeAfter(range, key, count),
  lengthOf: ({ key, value }: PageEntry) => key.length + (value?.length ?? 0),
};

function rangeAfter(range: ResolvedRange, key: Buffer, count: number): ResolvedRange | undefined {
  const limit = range.limit - count;
  if (limit === 0) return undefined;
  const bound = { key, inclusive: false };
  return range.reverse ? { ...range, upper: bound, limit } : { ...range, lower: bound, limit };
}
