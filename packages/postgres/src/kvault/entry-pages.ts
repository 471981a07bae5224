import { type ResolvedRange, resolveRange } from '@kohakuvault/kvault/internal';
import type { Executor } from '../execution/executor.ts';
import type { EntryReads, PageEntry, TimedEntry } from './entry-reads.ts';

const FIRST_PAGE = 64;
const LONGEST_PAGE = 4_000;
/** About how many bytes a page has. */
const PAGE_BYTES = 2 * 1024 * 1024;

/**
 * Reads a range page by page. Each page begins after the last key of the one before it, so a key that is there
 * throughout comes once, whatever is written meanwhile. `lengthOf` tells how long the next page may be. Outside of a
 * transaction the server reads the next page while this one is used, unless it is the first: many loops end soon.
 */
async function* pagesOf<T>(
  executor: Executor,
  range: ResolvedRange,
  read: (range: ResolvedRange, limit: number) => Promise<T[]>,
  { keyOf, lengthOf }: { keyOf: (item: T) => Buffer; lengthOf: (item: T) => number },
): AsyncGenerator<readonly T[], void, undefined> {
  let rest = range;
  let pageLength = FIRST_PAGE;
  let ahead: Promise<T[]> | undefined;
  while (rest.limit > 0) {
    const page = await (ahead ?? read(rest, pageLength));
    const last = page.at(-1);
    if (last === undefined || page.length < Math.min(pageLength, rest.limit)) {
      yield page;
      return;
    }
    const bound = { key: keyOf(last), inclusive: false };
    const limit = rest.limit - page.length;
    rest = rest.reverse ? { ...rest, upper: bound, limit } : { ...rest, lower: bound, limit };
    const isFirst = pageLength === FIRST_PAGE;
    const bytes = page.reduce((sum, item) => sum + lengthOf(item), 0);
    const fitting = Math.floor((PAGE_BYTES / Math.max(1, bytes)) * page.length);
    pageLength = Math.max(1, Math.min(LONGEST_PAGE, fitting, pageLength * 8));
    ahead = isFirst || executor.inTransaction || limit === 0 ? undefined : read(rest, pageLength);
    // If the loop ends before, nobody asks what has become of it.
    ahead?.catch(() => {});
    yield page;
  }
}

/** Iterates over the keys of a range. */
export function keyPages(
  reads: EntryReads,
  executor: Executor,
  range: ResolvedRange,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  return pagesOf(executor, range, (rest, limit) => reads.keys(executor, rest, limit), {
    keyOf: (key) => key,
    lengthOf: (key) => key.length,
  });
}

const OF_ENTRY = {
  keyOf: ({ key }: PageEntry) => key,
  lengthOf: ({ key, value }: PageEntry) => key.length + (value?.length ?? 0),
};

/** Iterates over the entries of a range, without the values that are in parts. */
export function entryPages(
  reads: EntryReads,
  executor: Executor,
  range: ResolvedRange,
): AsyncGenerator<readonly PageEntry[], void, undefined> {
  return pagesOf(executor, range, (rest, limit) => reads.page(executor, rest, limit), OF_ENTRY);
}

/** Iterates over all entries with the times at which they expire, for those who copy them. */
export function timedPages(
  reads: EntryReads,
  executor: Executor,
): AsyncGenerator<readonly TimedEntry[], void, undefined> {
  return pagesOf(executor, resolveRange(undefined), (rest, limit) => reads.timedPage(executor, rest, limit), OF_ENTRY);
}
