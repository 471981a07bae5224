import { type ResolvedRange, resolveRange } from '@kohakuvault/kvault/internal';
import type { Executor } from '../execution/executor.ts';
import type { EntryReads, PageEntry, StoredEntry } from './entry-reads.ts';

const FIRST_PAGE = 64;
const LONGEST_PAGE = 2_000;
/** About how many bytes a page has. */
const PAGE_BYTES = 2 * 1024 * 1024;

/**
 * Reads a range page by page. Each page begins after the last key of the one before it, so a key that is there
 * throughout comes once, whatever is written meanwhile. `lengthOf` tells how long the next page may be.
 */
async function* pagesOf<T>(
  range: ResolvedRange,
  read: (range: ResolvedRange, limit: number) => Promise<T[]>,
  { keyOf, lengthOf }: { keyOf: (item: T) => Buffer; lengthOf: (item: T) => number },
): AsyncGenerator<T, void, undefined> {
  let rest = range;
  let pageLength = FIRST_PAGE;
  while (rest.limit > 0) {
    const page = await read(rest, pageLength);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < Math.min(pageLength, rest.limit)) return;
    const bound = { key: keyOf(last), inclusive: false };
    const limit = rest.limit - page.length;
    rest = rest.reverse ? { ...rest, upper: bound, limit } : { ...rest, lower: bound, limit };
    const bytes = page.reduce((sum, item) => sum + lengthOf(item), 0);
    const fitting = Math.floor((PAGE_BYTES / Math.max(1, bytes)) * page.length);
    pageLength = Math.max(1, Math.min(LONGEST_PAGE, fitting, pageLength * 8));
  }
}

/** Iterates over the keys of a range. */
export function keyPages(reads: EntryReads, executor: Executor, range: ResolvedRange): AsyncGenerator<Buffer> {
  return pagesOf(range, (rest, limit) => reads.keys(executor, rest, limit), {
    keyOf: (key) => key,
    lengthOf: (key) => key.length,
  });
}

/** Iterates over the entries of a range, without the values that are in parts. */
export function pagesOfEntries(
  reads: EntryReads,
  executor: Executor,
  range: ResolvedRange,
): AsyncGenerator<PageEntry, void, undefined> {
  return pagesOf(range, (rest, limit) => reads.page(executor, rest, limit), OF_ENTRY);
}

/** Iterates over all entries for those who copy them, in the same way. */
export function copiedEntries(reads: EntryReads, executor: Executor): AsyncGenerator<PageEntry, void, undefined> {
  return pagesOf(resolveRange(undefined), (rest, limit) => reads.copiedPage(executor, rest, limit), OF_ENTRY);
}

const OF_ENTRY = {
  keyOf: ({ key }: PageEntry) => key,
  lengthOf: ({ key, value }: PageEntry) => key.length + (value?.length ?? 0),
};

/** Iterates over the entries of a range. A value in parts is read when it is its turn, if it is still there. */
export async function* entryPages(
  reads: EntryReads,
  executor: Executor,
  range: ResolvedRange,
): AsyncGenerator<StoredEntry, void, undefined> {
  for await (const { key, value = await reads.get(executor, key) } of pagesOfEntries(reads, executor, range)) {
    if (value) yield { key, value };
  }
}
