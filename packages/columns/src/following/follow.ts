import { LiveIteration } from '@kohakuvault/core-native/internal';
import type { CommitWaiter, Connection } from '@kohakuvault/core-native/internal/database';
import { checkFollow, type FollowOptions, firstFollowed } from './follow-options.ts';
import { elementsOf, type FollowedPage, type FollowedPlace, placeIn } from './followed-pages.ts';

/** What `follow` needs of a column. */
export interface Followed<T> {
  readonly connection: Connection;
  /** The number of elements in the file, without those that are pending. */
  readonly length: number;
  /** Returns elements of the file from an index on, as many as are read at once. */
  page(start: number): ArrayLike<T>;
}

/** What is appended to a column, from an index on: each element once, in order. */
export class Following<T> extends LiveIteration<T> {
  readonly #place: { next: number };

  /** @internal */
  constructor(waiter: CommitWaiter, elements: AsyncGenerator<T, void, undefined>, place: { next: number }) {
    super(waiter, elements);
    this.#place = place;
  }

  /** The index after the last element that the iteration has returned. With it as `from`, another one goes on there. */
  get position(): number {
    return this.#place.next;
  }
}

/** Returns the elements of a column from an index on, and then what is appended, no matter who appends. */
export function follow<T>(column: Followed<T>, options: FollowOptions | undefined): Following<T> {
  const { waiter, begin, pages } = begun(column, options);
  const place = { next: begin.next };
  return new Following(waiter, elementsOf(pages, place, waiter), place);
}

/** Does the same, page by page: for another thread, where each message has its price. */
export function followPages<T>(column: Followed<T>, options: FollowOptions | undefined): Following<FollowedPage<T>> {
  const { waiter, begin, pages } = begun(column, options);
  return new Following(waiter, pages, { next: begin.next });
}

function begun<T>(column: Followed<T>, options: FollowOptions | undefined) {
  const { from, signal } = checkFollow(options);
  const { connection } = column;
  const length = connection.consistently(() => column.length);
  const begin = { next: firstFollowed(from, length), length };
  const waiter = connection.waitForCommits({ signal });
  return { waiter, begin, pages: pagesOf(column, waiter, begin) };
}

async function* pagesOf<T>(
  column: Followed<T>,
  waiter: CommitWaiter,
  begin: FollowedPlace,
): AsyncGenerator<FollowedPage<T>, void, undefined> {
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
      if (page) {
        const hasMoved = page.start !== place.next;
        place = { next: page.start + page.elements.length, length: page.length };
        if (hasMoved || page.elements.length > 0) yield page;
        if (page.elements.length > 0) continue;
      }
      if (!(await waiter.wait({ again: isLater }))) return;
    }
  } finally {
    waiter.close();
  }
}

/** Returns the elements at a place, and how long the column is. */
function pageAt<T>(column: Followed<T>, place: FollowedPlace): FollowedPage<T> & { readonly length: number } {
  const { length } = column;
  const start = placeIn(length, place);
  return { start, length, elements: start < length ? column.page(start) : [] };
}
