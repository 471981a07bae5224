import { checkOptions, isTagged, type OptionRule, rules } from '@kohakuvault/core-native/internal';
import { type CommitWaiter, type Connection, LiveIteration } from '@kohakuvault/core-native/internal/database';

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

/** Returns the elements of a column from an index on, and then what is appended, by whomever. */
export function follow<T>(column: Followed<T>, options: FollowOptions | undefined): LiveIteration<T> {
  checkOptions('follow', options, RULES);
  const { from, signal } = options ?? {};
  const { connection } = column;
  const length = connection.consistently(() => column.length);
  const start = from === undefined ? length : from < 0 ? Math.max(0, length + from) : from;
  const waiter = connection.waitForCommits({ signal });
  return new LiveIteration(waiter, elementsOf(column, waiter, start));
}

async function* elementsOf<T>(
  column: Followed<T>,
  waiter: CommitWaiter,
  start: number,
): AsyncGenerator<T, void, undefined> {
  const { connection } = column;
  let next = start;
  try {
    for (;;) {
      waiter.throwIfAborted();
      if (!waiter.open) return;
      waiter.note();
      // In a transaction of the user, reads would see what may be rolled back.
      const isLater = connection.shared.database.inTransaction;
      const page = isLater ? undefined : connection.consistently(() => pageFrom(column, next));
      if (page?.elements.length) {
        next = page.start;
        for (let index = 0; index < page.elements.length; index++) {
          next++;
          yield page.elements[index] as T;
          waiter.throwIfAborted();
          if (!waiter.open) return;
        }
        continue;
      }
      next = page?.start ?? next;
      if (!(await waiter.wait({ again: isLater }))) return;
    }
  } finally {
    waiter.close();
  }
}

interface Page<T> {
  readonly start: number;
  readonly elements: ArrayLike<T>;
}

function pageFrom<T>(column: Followed<T>, next: number): Page<T> {
  const { length } = column;
  if (next < length) return { start: next, elements: column.page(next) };
  // Elements were removed. What is appended now comes after those that are left.
  return { start: Math.min(next, length), elements: [] };
}
