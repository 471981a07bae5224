import { InvalidArgument, LiveIteration } from '@kohakuvault/core-native/internal';
import {
  type AsyncObserved,
  type AsyncQueue,
  type AsyncWatch,
  checkWatch,
  type FollowValue,
  JobQueue,
  type Key,
  type KeyEncoding,
  type KeyOf,
  type KeyRange,
  keyBytes,
  LiveValue,
  type QueueOptions,
  type Stored,
  type WatchOptions,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { watch } from '../changes/watch.ts';
import { PostgresJobs } from '../queue/postgres-jobs.ts';
import { AtomicMethods } from './atomic-methods.ts';

/** The methods that tell of changes, and the queues. */
export abstract class LivingMethods<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends AtomicMethods<V, K, A, E> {
  watch(range?: KeyRange | Key, options?: WatchOptions): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    return this.#watch(range, options, true);
  }

  observe(key: Key): AsyncObserved<Stored<V, A, E>> {
    this.own.context.assertOpen();
    // A view of bytes that the caller may change later.
    const own = typeof key === 'string' ? key : keyBytes(key);
    this.own.key(own);
    return new LiveValue((options) => this.#follow(own, options));
  }

  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): AsyncQueue<J> {
    const context = this.own.context;
    return new JobQueue<J>(name, options, (resolved) => {
      const { executor, catalog } = context;
      return new PostgresJobs(
        {
          executor,
          catalog,
          assertOpen: () => context.assertOpen(),
          register: (end) => context.register(end),
        },
        name,
        resolved,
      );
    });
  }

  /** @internal */
  protected override watchQuietly(): AsyncWatch<unknown, unknown> {
    return this.#watch(undefined, undefined, false);
  }

  #watch(
    range: KeyRange | Key | undefined,
    options: WatchOptions | undefined,
    keepsAlive: boolean,
  ): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    const context = this.own.context;
    const resolved = this.own.range(range);
    const { signal, since, keep = 0 } = checkWatch(resolved, options);
    context.assertOpen();
    const { executor, catalog, table } = context;
    const { news } = executor;
    if (!news) throw new InvalidArgument('watch cannot begin inside a transaction; watch by a vault of the store');
    const watched = {
      executor,
      catalog,
      table,
      news,
      ready: () => context.tables(),
      register: (end: () => unknown) => context.register(end),
      keyOf: (key: Buffer) => this.own.keyOf(key),
      currentValue: (key: Buffer) => this.#current(key),
    };
    const begun = watch<KeyOf<K>, Stored<V, A, E>>(watched, { range: resolved, signal, since, keep, keepsAlive });
    context.waitFor(begun.begun);
    return begun;
  }

  /** Follows the value of a key. Its bytes tell whether it is another one. */
  #follow(key: Key, { signal, keepsAlive }: FollowValue): LiveIteration<Stored<V, A, E> | undefined> {
    const changes = this.#watch({ gte: key, lte: key }, { signal }, keepsAlive);
    const read = () => this.getWithVersion(key);
    async function* values(): AsyncGenerator<Stored<V, A, E> | undefined, void, undefined> {
      try {
        await changes.begun;
        let last = await read();
        yield last.value;
        for await (const _ of changes) {
          const now = await read();
          if (now.version.equals(last.version)) continue;
          last = now;
          yield now.value;
        }
      } finally {
        await changes.return();
      }
    }
    return new LiveIteration({ close: () => changes.return() }, values());
  }

  /** Returns the value of a key of the table. */
  async #current(key: Buffer): Promise<Stored<V, A, E> | undefined> {
    const { reads, executor } = await this.own.ready();
    const stored = await reads.get(executor, key);
    return stored === undefined ? undefined : await this.own.value(stored, key);
  }
}
