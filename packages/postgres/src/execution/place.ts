import { InvalidArgument } from '@kohakuvault/core-native/internal';

const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');

/** Where statements run: a store, a transaction in it, or a transaction in that. */
export interface Place {
  readonly parent: Place | undefined;
  /** Whether its body has ended. What a body has left running goes on outside. */
  readonly ended: boolean;
}

const current = new AsyncLocalStorage<Place>();

/** Runs the body of a transaction, which is the place for all that it calls. */
export function inPlace<T>(place: Place, body: () => Promise<T>): Promise<T> {
  return current.run(place, body);
}

/**
 * Refuses a call on a store, or on an outer transaction, inside the body of a transaction of it. The call would not
 * belong to the transaction, and might wait for it for ever.
 */
export function checkPlace(place: Place): void {
  let inner = current.getStore();
  while (inner?.ended) inner = inner.parent;
  for (let outer = inner?.parent; outer; outer = outer.parent) {
    if (outer !== place) continue;
    throw new InvalidArgument(
      'a vault of the store, or of an outer transaction, was used inside a transaction; ' +
        'use a vault of the transaction that the body gets: transaction((tx) => tx.kvault(name).set(...))',
    );
  }
}
