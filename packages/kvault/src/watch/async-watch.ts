import type { LiveIteration } from '@kohakuvault/core-native/internal';
import type { ChangeKind } from '../changes/change.ts';
import type { ChangeListeners } from './change-events.ts';
import type { ObserveOptions } from './observe-options.ts';

/** A change of one key, in a vault whose calls return promises. */
export interface AsyncChange<K = string, V = unknown> {
  readonly key: K;
  /** Whether the key was given a value, or deleted. */
  readonly kind: ChangeKind;
  /** The place after this change, for `since`. */
  readonly position: string;
  /** Returns the value that the key has now; undefined if it has been deleted. */
  value(): Promise<V | undefined>;
}

/** What a vault whose calls return promises tells its listeners. */
export type AsyncChangeEventMap<K, V> = ChangeListeners<AsyncChange<K, V>>;

/** The changes of a vault, from now on or from a position: each once, in the order of the commits. */
export interface AsyncWatch<K = string, V = unknown>
  extends AsyncIterableIterator<AsyncChange<K, V>, void, undefined>,
    AsyncDisposable {
  /**
   * Fulfilled when the watch has begun: what anybody commits from then on is a change of it, and what this vault writes
   * after the call of `watch`. It is rejected, as the first item is, if the watch cannot begin.
   */
  readonly begun: Promise<void>;
  /** Returns the place after the last change that the iteration has returned. */
  position(): Promise<string>;
  /** Ends the watch. */
  return(): Promise<IteratorResult<AsyncChange<K, V>, void>>;
}

/** The value of one key as it changes, in a vault whose calls return promises. See `Observed`. */
export interface AsyncObserved<V> extends AsyncIterable<V | undefined> {
  /** Returns the value as far as it is known: undefined before the first one has come. It is the same until it changes. */
  readonly getSnapshot: () => V | undefined;
  /** Has a listener called when the value has changed, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Iterates over the value now and each newer one, until the signal is aborted. */
  values(options?: ObserveOptions): LiveIteration<V | undefined>;
}
