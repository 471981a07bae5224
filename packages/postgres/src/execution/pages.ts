import type { Executor } from './executor.ts';

const FIRST_PAGE = 128;
const LONGEST_PAGE = 4_000;
/** About how many bytes a page has. */
const PAGE_BYTES = 2 * 1024 * 1024;

/** What is read page by page: `R` is a range, and `T` what it has. */
export interface Paged<R, T> {
  /** Reads the first items of a range. */
  read(range: R, limit: number): Promise<readonly T[]>;
  /** Returns what is left of a range after the last of so many items; undefined if that is nothing. */
  after(range: R, last: T, count: number): R | undefined;
  /** The bytes of an item, by which it is told how long the next page may be. */
  lengthOf(item: T): number;
}

/**
 * Reads a range page by page. Each page begins after the last item of the one before it, so an item that is there
 * throughout comes once, whatever is written meanwhile. Outside of a transaction the server reads the next page while this
 * one is used, unless it is the first: many loops end soon.
 */
export async function* pagesOf<R extends { readonly limit: number }, T>(
  executor: Executor,
  range: R,
  { read, after, lengthOf }: Paged<R, T>,
): AsyncGenerator<readonly T[], void, undefined> {
  let rest: R | undefined = range.limit > 0 ? range : undefined;
  let length = FIRST_PAGE;
  let ahead: Promise<readonly T[]> | undefined;
  while (rest) {
    const limit: number = Math.min(length, rest.limit);
    const page: readonly T[] = await (ahead ?? read(rest, limit));
    const last = page.at(-1);
    rest = last === undefined || page.length < limit ? undefined : after(rest, last, page.length);
    if (rest) {
      const isFirst = length === FIRST_PAGE;
      const bytes = page.reduce((sum, item) => sum + lengthOf(item), 0);
      const fitting = Math.floor((PAGE_BYTES / Math.max(1, bytes)) * page.length);
      length = Math.max(1, Math.min(LONGEST_PAGE, fitting, length * 8));
      ahead = isFirst || executor.inTransaction ? undefined : read(rest, Math.min(length, rest.limit));
      // If the loop ends before, nobody asks what has become of it.
      ahead?.catch(() => {});
    }
    yield page;
  }
}

/** So few rows are read faster by a statement that the server has prepared than by a COPY. */
export const FEW = FIRST_PAGE;
