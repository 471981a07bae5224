import { checkOptions, isTagged, LiveIteration, type OptionRule, rules } from '@kohakuvault/core-native/internal';
import type { CommitWaiter, Connection } from '@kohakuvault/core-native/internal/database';

export interface FollowOptions {
  /**
   * The index of the first element that is wanted; a negative one counts from the end. Default: the length, so that only
   * what is appended from now on is wanted.
   */
  from?: number | undefined;
  /** Ends the iteration, which throws its reason. */
  signal?: AbortSignal | undefined;
}

const signal: OptionRule = { expected: 'an AbortSignal', accepts: (value) => isTagged(value, 'AbortSignal') };
const RULES = {
  from: rules.wholeNumber(Number.MIN_SAFE_INTEGER),
  signal,
};

/** What `follow` needs of a column. */
export interface Followed<T> {
  readonly connection: Connection;
  /** The number of elements in the file, without those that are pending. */
  readonly length: number;
  /** Returns elements of the file from an index on, as many as are read at once. */
  page(start: number): ArrayLike<T>;
}

/** Returns the elements of a column from an index on, and then what is appended, no matter who appends. */
export function follow<T>(column: Followed<T>, options: FollowOptions | undefined): LiveIteration<T> {
  checkOptions('follow', options, RULES);
  const { from, signal } = options ?? {};
  const { connection } = column;
  const length = connection.consistently(() => column.length);
  const start = from === undefined ? length : from < 0 ? Math.max(0, length + from) : from;
  const waiter = connection.waitForCommits({ signal });
  return new LiveIteration(waiter, elementsOf(column, waiter, { next: start, length }));
}

/** How far a column was read, and how long it was then. */
interface Place {
  readonly next: number;
  readonly length: number;
}

async function* elementsOf<T>(
  column: Followed<T>,
  waiter: CommitWaiter,
  begin: Place,
): AsyncGenerator<T, void, undefined> {
  const { connection } = column;
  let place = begin;
  try {
    for (;;) {
      waiter.throwIfAborted();
      if (!waiter.open) return;
      waiter.note();
      // In a transaction of the user, reads would see what may be rolled back.
      const isLater = connection.shared.database.inTransaction;
      const page = isLater ? undefined : connection.consistently(() => pageAt(column, place));
      for (let index = 0; index < (page?.elements.length ?? 0); index++) {
        yield page?.elements[index] as T;
        waiter.throwIfAborted();
        if (!waiter.open) return;
      }
      place = page ?? place;
      if (page && page.elements.length > 0) continue;
      if (!(await waiter.wait({ again: isLater }))) return;
    }
  } finally {
    waiter.close();
  }
}

/** Returns the elements at a place, and the place after them. */
function pageAt<T>(column: Followed<T>, { next, length: before }: Place): Place & { readonly elements: ArrayLike<T> } {
  const { length } = column;
  // Elements were removed. What is appended now comes after those that are left.
  const start = length < before ? Math.min(next, length) : next;
  if (start >= length) return { next: start, length, elements: [] };
  const elements = column.page(start);
  return { next: start + elements.length, length, elements };
}
