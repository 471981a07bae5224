import type { Waiting } from '@kohakuvault/core-native/internal';
import type { ServerNews } from './server-news.ts';

const { clearTimeout, setTimeout } = process.getBuiltinModule('node:timers');

/** How often somebody looks without news, in milliseconds. */
const LOOK_EVERY = 1_000;

export interface NewsTopic {
  readonly news: ServerNews;
  readonly channel: string;
  readonly topic: string;
}

export interface NewsOptions {
  /** Ends the waiting with its reason. */
  readonly signal: AbortSignal | undefined;
  /** Whether the process stays alive while somebody waits. */
  readonly keepsAlive: boolean;
}

/**
 * Waits for news of a topic, again and again, and misses none: `note` comes before the server is asked, and `wait` returns
 * at once if there was news since.
 */
export class NewsWaiter implements Waiting {
  readonly #options: NewsOptions;
  readonly #unsubscribe: () => void;
  readonly #onAbort = () => this.close();
  #count = 0;
  #noted = 0;
  #isOpen = true;
  #end: (() => void) | undefined;

  constructor({ news, channel, topic }: NewsTopic, options: NewsOptions) {
    this.#options = options;
    this.#unsubscribe = news.subscribe(channel, topic, () => {
      this.#count++;
      this.#end?.();
    });
    const { signal } = options;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.close();
  }

  /** False after `close`, and when the signal was aborted. */
  get open(): boolean {
    return this.#isOpen;
  }

  throwIfAborted(): void {
    this.#options.signal?.throwIfAborted();
  }

  /** To be called before the server is asked. */
  note(): void {
    this.#noted = this.#count;
  }

  /** Returns true when there may be news, at the latest in so many milliseconds; false when the waiter has ended. */
  async wait(milliseconds = LOOK_EVERY): Promise<boolean> {
    this.throwIfAborted();
    if (this.#isOpen && this.#count === this.#noted) await this.#pause(Math.min(milliseconds, LOOK_EVERY));
    this.throwIfAborted();
    return this.#isOpen;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#unsubscribe();
    this.#end?.();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end?.(), Math.max(1, milliseconds));
      if (!this.#options.keepsAlive) timer.unref();
      this.#end = () => {
        this.#end = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
