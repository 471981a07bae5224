import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { Key, KeyEncoding, KeyOf } from './keys/keys.ts';
import type { KeyRange } from './keys/range.ts';
import type { QueueOptions } from './queue/options.ts';
import { Queue } from './queue/queue.ts';
import { StreamCalls } from './stream-calls.ts';
import { MISSING } from './table/table-reads.ts';
import type { Stored } from './values/wrapped.ts';
import type { VaultSetup } from './vault-parts.ts';
import type { ChangeEventMap } from './watch/change-events.ts';
import type { Observed } from './watch/observe.ts';
import type { Watch } from './watch/watch.ts';
import type { WatchOptions } from './watch/watch-options.ts';
import { Watching } from './watch/watching.ts';

/** The method that watches everything, and keeps no process running. */
export const quietWatch = Symbol('kohakuvault.quiet watch');

/** The calls of a vault that follow what changes, and its queues. */
export abstract class LiveCalls<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends StreamCalls<V, K, A, E> {
  readonly #connection: Connection;
  /** Of any types: a vault of some type is one of its more general types. */
  readonly #watching: Watching<unknown, unknown>;

  /** @internal */
  constructor(setup: VaultSetup<K>) {
    super(setup);
    const { connection, keys, entries, shared } = setup;
    this.#connection = connection;
    this.#watching = new Watching<unknown, unknown>({
      connection,
      table: keys.table,
      shared,
      checkedKey: (key) => keys.key(key),
      range: (range) => keys.range(range),
      keyOf: (key) => keys.keyOf({ memory: key, keyStart: 0, keyEnd: key.length }),
      get: (key) => {
        const value = entries.reads.get(key);
        return value === MISSING ? undefined : value;
      },
    });
  }

  /**
   * Returns the changes of the keys of a range, or with a prefix, that anybody commits from now on: vaults of this and
   * other threads and processes, the Python package, SQL. Each comes once, in the order of the commits.
   */
  watch(range?: KeyRange | Key, options?: WatchOptions): Watch<KeyOf<K>, Stored<V, A, E>> {
    return this.#watching.watch(range, options) as Watch<KeyOf<K>, Stored<V, A, E>>;
  }

  /** @internal */
  [quietWatch](): Watch<unknown, unknown> {
    return this.#watching.watch(undefined, undefined, false);
  }

  /** Has a listener called with each change that anybody commits, or with the error that has ended that. */
  on<N extends keyof ChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: ChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this {
    this.#watching.events.on(event, listener as ChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  /** Has a listener called no more. */
  off<N extends keyof ChangeEventMap<KeyOf<K>, Stored<V, A, E>>>(
    event: N,
    listener: ChangeEventMap<KeyOf<K>, Stored<V, A, E>>[N],
  ): this {
    this.#watching.events.off(event, listener as ChangeEventMap<unknown, unknown>[N]);
    return this;
  }

  /** Returns the value of a key as it changes, no matter who changes it: for user interfaces, and for `for await`. */
  observe(key: Key): Observed<Stored<V, A, E>> {
    return this.#watching.observe(key) as Observed<Stored<V, A, E>>;
  }

  /** Returns a durable queue of jobs in the file. All vaults on the file share the queues, by their names. */
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): Queue<J> {
    return new Queue<J>(this.#connection, name, options);
  }
}
