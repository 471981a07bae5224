import { failedIteration, StartedIteration } from '@kohakuvault/core-native/internal';
import type { Following } from './follow.ts';

/** What is appended to a column whose calls return promises, from an index on: each element once, in order. */
export interface AsyncFollowing<T> extends AsyncIterableIterator<T, void, undefined>, AsyncDisposable {
  /**
   * Fulfilled when the first place is known: what anybody appends from then on comes, and what this column appends after
   * the call of `follow`. It is rejected, as the first element is, if the iteration cannot begin.
   */
  readonly begun: Promise<void>;
  /** Returns the index after the last element that was returned. With it as `from`, another iteration goes on there. */
  position(): Promise<number>;
  /** Ends the iteration. */
  return(): Promise<IteratorResult<T, void>>;
}

/** Begins to follow a column of this thread. What that throws is for who asks for the first element. */
export function asyncFollowing<T>(begin: () => Following<T>): AsyncFollowing<T> {
  let following: Following<T>;
  try {
    following = begin();
  } catch (error) {
    return failedIteration(error);
  }
  async function* elements(): AsyncGenerator<T, void, undefined> {
    yield* following;
  }
  return new StartedIteration({ close: () => following.return() }, elements(), {
    begun: Promise.resolve(),
    position: () => following.position,
  });
}
