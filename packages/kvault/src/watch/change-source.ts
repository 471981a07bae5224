import type { AsyncChange, AsyncChangeEventMap, AsyncWatch } from './async-watch.ts';
import { ChangeEvents } from './change-events.ts';

/** A vault whose calls return promises, and whose changes can be listened to. */
export abstract class ChangeSource<K, V> {
  /** Of any types: a vault of some type is one of its more general types. */
  readonly #events = new ChangeEvents<AsyncChange<unknown, unknown>>(() => this.watchQuietly());

  /** Has a listener called with each change that anybody commits, or with the error that has ended that. */
  on<N extends keyof AsyncChangeEventMap<K, V>>(event: N, listener: AsyncChangeEventMap<K, V>[N]): this {
    this.#events.on(event, listener as AsyncChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  /** Has a listener called no more. */
  off<N extends keyof AsyncChangeEventMap<K, V>>(event: N, listener: AsyncChangeEventMap<K, V>[N]): this {
    this.#events.off(event, listener as AsyncChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  /** @internal Watches everything, and keeps no process running. */
  protected abstract watchQuietly(): AsyncWatch<unknown, unknown>;
}
