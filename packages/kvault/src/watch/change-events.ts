import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Change } from '../changes/change.ts';

/** What a vault tells its listeners of changes of some form. */
export interface ChangeListeners<C> {
  /** Called with each change. */
  change: (change: C) => void;
  /** Called with the error that has ended the watch. Without a listener the error is thrown where nobody catches it. */
  error: (error: unknown) => void;
}

/** What a vault tells its listeners. */
export type ChangeEventMap<K, V> = ChangeListeners<Change<K, V>>;

/** An iteration over changes that can be ended while it waits. */
interface Changes<C> extends AsyncIterable<C> {
  return(): Promise<unknown>;
}

/** The listeners of one vault. A watch runs while there are any to changes, and keeps no process running. */
export class ChangeEvents<C> {
  readonly #watch: () => Changes<C>;
  readonly #changes = new Set<ChangeListeners<C>['change']>();
  readonly #errors = new Set<ChangeListeners<C>['error']>();
  #running: Changes<C> | undefined;

  /** `watch` watches everything, and keeps no process running. */
  constructor(watch: () => Changes<C>) {
    this.#watch = watch;
  }

  on<E extends keyof ChangeListeners<C>>(event: E, listener: ChangeListeners<C>[E]): void {
    const listeners = this.#listeners('on', event, listener);
    if (event === 'change' && !this.#running) this.#start();
    listeners.add(listener);
  }

  off<E extends keyof ChangeListeners<C>>(event: E, listener: ChangeListeners<C>[E]): void {
    this.#listeners('off', event, listener).delete(listener);
    if (this.#changes.size > 0) return;
    this.#running?.return().catch(() => {});
    this.#running = undefined;
  }

  #start(): void {
    const watch = this.#watch();
    this.#running = watch;
    void this.#run(watch);
  }

  async #run(watch: Changes<C>): Promise<void> {
    try {
      for await (const change of watch) for (const listener of [...this.#changes]) call(listener, change);
    } catch (error) {
      // What nobody listens to any more may end in any way.
      if (this.#running !== watch) return;
      for (const listener of [...this.#errors]) call(listener, error);
      if (this.#errors.size === 0) throwLater(error);
    } finally {
      if (this.#running === watch) this.#running = undefined;
    }
  }

  #listeners<E extends keyof ChangeListeners<C>>(
    method: string,
    event: E,
    listener: ChangeListeners<C>[E],
  ): Set<ChangeListeners<C>[E]> {
    if (event !== 'change' && event !== 'error') {
      throw new InvalidArgument(`${method} expects the event 'change' or 'error', got ${describe(event)}`);
    }
    if (typeof listener !== 'function') {
      throw new InvalidArgument(`${method} expects a function that is called, got ${describe(listener)}`);
    }
    return (event === 'change' ? this.#changes : this.#errors) as unknown as Set<ChangeListeners<C>[E]>;
  }
}

/** What a listener throws must not end the watch of the others. */
function call<T>(listener: (given: T) => void, given: T): void {
  try {
    listener(given);
  } catch (error) {
    throwLater(error);
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
