import { StartedIteration } from '@kohakuvault/core-native/internal';
import { type AsyncChange, type AsyncWatch, liesIn, type ResolvedRange } from '@kohakuvault/kvault/internal';
import type { Executor } from '../execution/executor.ts';
import { NewsWaiter } from '../news/news-waiter.ts';
import type { ServerNews } from '../news/server-news.ts';
import type { Catalog } from '../schema/catalog.ts';
import { type LoggedChange, type LogPlace, placeOf, placeText } from './change-log.ts';
import { changesTopic, channelOf } from './change-tables.ts';
import { type Watcher, Watchers } from './watchers.ts';

const { clearInterval, setInterval } = process.getBuiltinModule('node:timers');

/** How many changes are read at once. */
const CHANGES_AT_ONCE = 256;
/** How often a watch says that it goes on, and trims the log, in milliseconds. */
const BEAT = 10_000;

/** What a watch needs of its vault. */
export interface Watched<K, V> {
  readonly executor: Executor;
  readonly catalog: Catalog;
  readonly table: string;
  readonly news: ServerNews;
  /** Resolves when the tables are there. */
  ready(): Promise<void>;
  /** Has `end` called when the vault closes. The function returned unregisters it. */
  register(end: () => unknown): () => void;
  keyOf(key: Buffer): K;
  currentValue(key: Buffer): Promise<V | undefined>;
}

export interface WatchSetup {
  readonly range: ResolvedRange;
  readonly signal: AbortSignal | undefined;
  readonly since: string | undefined;
  readonly keep: number;
  readonly keepsAlive: boolean;
}

/** Watches a range of keys. Everything that is committed after it has begun is a change of the watch. */
export function watch<K, V>(watched: Watched<K, V>, setup: WatchSetup): AsyncWatch<K, V> {
  const watch = new RunningWatch(watched, setup);
  return new StartedIteration({ close: () => watch.close() }, watch.changes(), {
    begun: watch.begun,
    position: () => placeText(watch.place),
  });
}

class RunningWatch<K, V> {
  readonly begun: Promise<void>;
  /** The place after the last change that was returned. */
  place: LogPlace = { log: '', number: 0, change: 0 };
  readonly #watched: Watched<K, V>;
  readonly #setup: WatchSetup;
  readonly #watchers: Watchers;
  readonly #watcher: Watcher;
  readonly #waiter: NewsWaiter;
  readonly #endings: (() => void)[] = [];
  #ended: Promise<void> | undefined;
  #hasRow = false;

  constructor(watched: Watched<K, V>, setup: WatchSetup) {
    const { executor, catalog, table, news } = watched;
    this.#watched = watched;
    this.#setup = setup;
    this.#watchers = new Watchers(executor, catalog);
    this.#watcher = { id: process.getBuiltinModule('node:crypto').randomUUID(), vault: table, keep: setup.keep };
    const since = setup.since === undefined ? undefined : placeOf(setup.since);
    this.#waiter = new NewsWaiter({ news, channel: channelOf(catalog), topic: changesTopic(table) }, setup);
    this.#endings.push(
      watched.register(() => this.close()),
      news.beforeClose(() => this.close()),
    );
    setup.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.begun = this.#begin(since);
    this.begun.catch(() => {});
    if (setup.signal?.aborted) void this.close();
  }

  async *changes(): AsyncGenerator<AsyncChange<K, V>, void, undefined> {
    const { executor } = this.#watched;
    const log = this.#watchers.logOf(this.#watcher.vault);
    try {
      this.#waiter.throwIfAborted();
      await this.begun;
      let read = this.place;
      for (let goesOn = true; goesOn; ) {
        this.#waiter.throwIfAborted();
        if (!this.#waiter.open) return;
        this.#waiter.note();
        const changes = await log.readAfter(executor, read, CHANGES_AT_ONCE);
        for (const change of changes) {
          read = change.place;
          if (!liesIn(this.#setup.range, change.key)) continue;
          this.#waiter.throwIfAborted();
          if (!this.#waiter.open) return;
          this.place = read;
          yield this.#changeOf(change);
        }
        // What lies outside of the range was seen too.
        this.place = read;
        if (changes.length < CHANGES_AT_ONCE) goesOn = await this.#waiter.wait();
      }
    } finally {
      await this.close();
    }
  }

  /** Ends the watch, and its log if it was the last one. */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  readonly #onAbort = () => void this.close();

  async #begin(since: LogPlace | undefined): Promise<void> {
    await this.#watched.ready();
    this.place = await this.#watchers.add(this.#watcher, since, this.#setup.signal);
    this.#hasRow = true;
    const beat = setInterval(() => {
      this.#watchers.renew(this.#watcher, this.place).catch(() => {});
    }, BEAT);
    beat.unref();
    this.#endings.push(() => clearInterval(beat));
  }

  async #end(): Promise<void> {
    this.#waiter.close();
    this.#setup.signal?.removeEventListener('abort', this.#onAbort);
    await this.begun.catch(() => {});
    try {
      if (this.#hasRow) await this.#watchers.remove(this.#watcher);
    } catch {
      // The watch shows no sign of life any more, and others find that.
    } finally {
      for (const ending of this.#endings.splice(0)) ending();
    }
  }

  #changeOf({ key, kind, place }: LoggedChange): AsyncChange<K, V> {
    const { keyOf, currentValue } = this.#watched;
    return { key: keyOf(key), kind, position: placeText(place), value: () => currentValue(key) };
  }
}
