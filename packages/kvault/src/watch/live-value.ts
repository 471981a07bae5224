import { describe, InvalidArgument, type LiveIteration } from '@kohakuvault/core-native/internal';
import type { AsyncObserved } from './async-watch.ts';
import type { ObserveOptions } from './observe-options.ts';
import { checkSignal } from './signal-option.ts';

/** How the values of a key are followed. */
export interface FollowValue {
  readonly signal: AbortSignal | undefined;
  readonly keepsAlive: boolean;
}

/** The value of a key that is elsewhere: in another thread, or on a server. `follow` gives it now, and as it changes. */
export class LiveValue<V> implements AsyncObserved<V> {
  readonly #follow: (options: FollowValue) => LiveIteration<V | undefined>;
  readonly #listeners = new Set<() => void>();
  #running: LiveIteration<V | undefined> | undefined;
  #value: V | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(follow: (options: FollowValue) => LiveIteration<V | undefined>) {
    this.#follow = follow;
  }

  readonly getSnapshot = (): V | undefined => {
    if (this.#failure) throw this.#failure.error;
    return this.#value;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    if (typeof listener !== 'function') {
      throw new InvalidArgument(`subscribe expects a function that is called, got ${describe(listener)}`);
    }
    // The same function may subscribe twice.
    const own = () => listener();
    this.#listeners.add(own);
    if (!this.#running) void this.#run();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#running?.return().catch(() => {});
      this.#running = undefined;
    };
  };

  [Symbol.asyncIterator](): LiveIteration<V | undefined> {
    return this.values();
  }

  values(options?: ObserveOptions): LiveIteration<V | undefined> {
    return this.#follow({ signal: checkSignal('values', options), keepsAlive: true });
  }

  async #run(): Promise<void> {
    this.#failure = undefined;
    const values = this.#follow({ signal: undefined, keepsAlive: false });
    this.#running = values;
    try {
      for await (const value of values) {
        this.#value = value;
        this.#tell();
      }
    } catch (error) {
      // The listeners ask for the value, and get the error.
      this.#failure = { error };
      this.#tell();
    } finally {
      if (this.#running === values) this.#running = undefined;
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
