import {
  type AsyncFollowing,
  checkFollow,
  type ElementCodec,
  elementsOf,
  type FollowedPage,
  type FollowOptions,
  firstFollowed,
  PageSize,
  placeIn,
} from '@kohakuvault/columns/internal';
import {
  failedIteration,
  InvalidArgument,
  KohakuVaultError,
  StartedIteration,
} from '@kohakuvault/core-native/internal';
import type { DType, ElementOf, Int64 } from '@kohakuvault/packer';
import { channelOf } from '../changes/change-tables.ts';
import { NewsWaiter } from '../news/news-waiter.ts';
import type { ColumnContext } from './column-context.ts';
import type { ColumnRows } from './column-rows.ts';

const { clearInterval, setInterval } = process.getBuiltinModule('node:timers');

/** How often a column is marked as followed, in milliseconds. */
const BEAT = 10_000;

/** What `follow` needs of a column. */
export interface Followed<D extends DType, I extends Int64, T> {
  readonly context: ColumnContext;
  readonly rows: ColumnRows;
  readonly codec: ElementCodec<D, I, T>;
  readonly elemSize: number;
}

/** Returns the elements of a column from an index on, and then what is appended, no matter who appends. */
export function follow<D extends DType, I extends Int64, T>(
  followed: Followed<D, I, T>,
  options: FollowOptions | undefined,
): AsyncFollowing<ElementOf<D, I, T>> {
  try {
    const running = new RunningFollow(followed, checkFollow(options));
    return new StartedIteration({ close: () => running.close() }, running.elements(), {
      begun: running.begun,
      position: () => running.place.next as number,
    });
  } catch (error) {
    return failedIteration(error);
  }
}

class RunningFollow<D extends DType, I extends Int64, T> {
  readonly begun: Promise<void>;
  /** The index after the last element that was returned. */
  readonly place: { next: number | undefined } = { next: undefined };
  readonly #followed: Followed<D, I, T>;
  readonly #waiter: NewsWaiter;
  readonly #endings: (() => void)[] = [];
  #length = 0;

  constructor(followed: Followed<D, I, T>, { from, signal }: FollowOptions) {
    const { context, rows } = followed;
    context.assertOpen();
    const { news } = context.executor;
    if (!news) throw new InvalidArgument('follow cannot begin inside a transaction; follow by a column of the store');
    this.#followed = followed;
    const channel = channelOf(context.catalog);
    this.#waiter = new NewsWaiter({ news, channel, topic: rows.topic }, { signal, keepsAlive: true });
    this.#endings.push(
      context.register(() => this.close()),
      news.beforeClose(async () => this.close()),
    );
    this.begun = this.#begin(from);
    this.begun.catch(() => this.close());
    context.waitFor(this.begun);
  }

  async *elements(): AsyncGenerator<ElementOf<D, I, T>, void, undefined> {
    try {
      this.#waiter.throwIfAborted();
      await this.begun;
      yield* elementsOf(this.#pages(), this.place, this.#waiter);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#waiter.close();
    for (const ending of this.#endings.splice(0)) ending();
  }

  async #begin(from: number | undefined): Promise<void> {
    await this.#followed.context.tables();
    // Before the column is read: what is appended later is told.
    await this.#mark();
    const { context, rows } = this.#followed;
    const { length } = await rows.meta(context.executor);
    this.#length = length;
    this.place.next = firstFollowed(from, length);
    if (!this.#waiter.open) return;
    const beat = setInterval(() => void this.#mark(), BEAT);
    beat.unref();
    this.#endings.push(() => clearInterval(beat));
  }

  /** Has those who append tell of it. Who may not write, or finds the column locked for long, looks from time to time. */
  async #mark(): Promise<void> {
    const { context, rows } = this.#followed;
    try {
      await rows.markFollowed(context.executor);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
    }
  }

  async *#pages(): AsyncGenerator<FollowedPage<ElementOf<D, I, T>>, void, undefined> {
    const { context, rows, codec, elemSize } = this.#followed;
    const page = new PageSize(elemSize);
    let next = this.place.next as number;
    for (;;) {
      this.#waiter.throwIfAborted();
      if (!this.#waiter.open) return;
      this.#waiter.note();
      const { length, block } = await rows.read(context.executor, next, next + page.elements);
      this.#waiter.throwIfAborted();
      if (!this.#waiter.open) return;
      const start = placeIn(length, { next, length: this.#length });
      const hasMoved = start !== next;
      this.#length = length;
      next = start + block.count;
      if (block.count > 0) page.learn(block.count, block.data.length);
      if (block.count > 0 || hasMoved)
        yield { start, elements: codec.decodeAll(block) as ArrayLike<ElementOf<D, I, T>> };
      if (block.count === 0 && !(await this.#waiter.wait())) return;
    }
  }
}
