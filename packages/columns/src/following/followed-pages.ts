/** Elements of a column that were read at once, and the index of the first of them. It may have none. */
export interface FollowedPage<T> {
  readonly start: number;
  readonly elements: ArrayLike<T>;
}

/** How far a column was read, and how long it was then. */
export interface FollowedPlace {
  readonly next: number;
  readonly length: number;
}

/** What may end an iteration between two elements. */
export interface Ending {
  readonly open: boolean;
  throwIfAborted(): void;
}

/** Returns where a column is read on whose length may have changed since. */
export function placeIn(length: number, { next, length: before }: FollowedPlace): number {
  // Elements were removed. What is appended now comes after those that are left.
  return length < before ? Math.min(next, length) : next;
}

/** Yields the elements of pages one by one. `place.next` is the index after the last one that was returned. */
export async function* elementsOf<T>(
  pages: AsyncIterable<FollowedPage<T>>,
  place: { next: number | undefined },
  ending: Ending,
): AsyncGenerator<T, void, undefined> {
  for await (const { start, elements } of pages) {
    place.next = start;
    for (let nth = 0; nth < elements.length; nth++) {
      place.next = start + nth + 1;
      yield elements[nth] as T;
      ending.throwIfAborted();
      if (!ending.open) return;
    }
  }
}
