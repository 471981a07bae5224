import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Change, Watch } from './watch.ts';

/** What a vault tells its listeners. */
export interface ChangeEventMap<K, V> {
  /** Called with each change. */
  change: (change: Change<K, V>) => void;
  /** Called with the error that has ended the watch. Without a listener the error is thrown where nobody catches it. */
  error: (error: unknown) => void;
}

/** The listeners of one vault. A watch runs while there are any to changes, and keeps no process running. */
export class ChangeEvents<K, V> {
  readonly #watch: () => Watch<K, V>;
  readonly #changes = new Set<ChangeEventMap<K, V>['change']>();
  readonly #errors = new Set<ChangeEventMap<K, V>['error']>();
  #running: Watch<K, V> | undefined;

  /** `watch` watches everything, and keeps no process running. */
  constructor(watch: () => Watch<K, V>) {
    this.#watch = watch;
  }

  on<E extends keyof ChangeEventMap<K, V>>(event: E, listener: ChangeEventMap<K, V>[E]): void {
    const listeners = this.#listeners('on', event, listener);
    if (event === 'change' && !this.#running) this.#start();
    listeners.add(listener);
  }

  off<E extends keyof ChangeEventMap<K, V>>(event: E, listener: ChangeEventMap<K, V>[E]): void {
    this.#listeners('off', event, listener).delete(listener);
    if (this.#changes.size > 0) return;
    void this.#running?.return();
    this.#running = undefined;
  }

  #start(): void {
    const watch = this.#watch();
    this.#running = watch;
    void this.#run(watch);
  }

  async #run(watch: Watch<K, V>): Promise<void> {
    try {
      for await (const change of watch) for (const listener of [...this.#changes]) call(listener, change);
    } catch (error) {
      for (const listener of [...this.#errors]) call(listener, error);
      if (this.#errors.size === 0) throwLater(error);
    } finally {
      if (this.#running === watch) this.#running = undefined;
    }
  }

  #listeners<E extends keyof ChangeEventMap<K, V>>(
    method: string,
    event: E,
    listener: ChangeEventMap<K, V>[E],
  ): Set<ChangeEventMap<K, V>[E]> {
    if (event !== 'change' && event !== 'error') {
      throw new InvalidArgument(`${method} expects the event 'change' or 'error', got ${describe(event)}`);
    }
    if (typeof listener !== 'function') {
      throw new InvalidArgument(`${method} expects a function that is called, got ${describe(listener)}`);
    }
    return (event === 'change' ? this.#changes : this.#errors) as unknown as Set<ChangeEventMap<K, V>[E]>;
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
