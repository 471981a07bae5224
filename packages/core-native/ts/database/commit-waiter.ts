import type { CommitNews } from './commit-news.ts';

const { clearTimeout, setTimeout } = process.getBuiltinModule('node:timers');

/** The longest time of a timer of Node. */
const LONGEST = 2 ** 31 - 1;

export interface WaiterOptions {
  /** Ends the waiting with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the process stays alive while somebody waits. Default true. */
  readonly keepsAlive?: boolean;
}

export interface Wait {
  /** Whether to stop waiting at the next look, news or not: what was read could not be used. */
  readonly again?: boolean;
  /** The time, in milliseconds since 1970, at which the waiting ends without news. */
  readonly until?: number | undefined;
}

/**
 * Waits for commits of anybody, again and again, and misses none: `note` comes before the file is read, and `wait`
 * returns at once if anybody has committed since.
 */
export class CommitWaiter {
  readonly #news: CommitNews;
  readonly #signal: AbortSignal | undefined;
  readonly #keepsAlive: boolean;
  readonly #endings: (() => void)[] = [];
  readonly #onAbort = () => this.close();
  #noted: unknown;
  #isOpen = true;
  /** Ends the waits that are going on. */
  readonly #waits = new Set<() => void>();

  constructor(news: CommitNews, { signal, keepsAlive = true }: WaiterOptions = {}) {
    this.#news = news;
    this.#signal = signal;
    this.#keepsAlive = keepsAlive;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.close();
    this.note();
  }

  /** False after `close`, after the end of the vault, and when the signal was aborted. */
  get open(): boolean {
    return this.#isOpen;
  }

  /** Throws the reason of the signal if that was aborted. */
  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }

  /** Has a function called when the waiter ends, whatever ends it; at once if it has ended. */
  whenEnded(callback: () => void): void {
    if (this.#isOpen) this.#endings.push(callback);
    else callback();
  }

  /** To be called before the file is read: what is committed from now on is news. */
  note(): void {
    this.#noted = this.#isOpen ? this.#news.mark : undefined;
  }

  /** Returns true when there may be news, and false when the waiter has ended. Rejects if the signal was aborted. */
  async wait({ again = false, until }: Wait = {}): Promise<boolean> {
    this.throwIfAborted();
    if (!this.#isOpen) return false;
    if (again || this.#news.mark === this.#noted) await this.#nextNews(again, until);
    this.throwIfAborted();
    return this.#isOpen;
  }

  /** Ends the waiting. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    for (const end of [...this.#waits]) end();
    for (const ending of this.#endings.splice(0)) ending();
  }

  #nextNews(again: boolean, until: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stop();
        clearTimeout(timer);
        this.#waits.delete(end);
        resolve();
      };
      const stop = this.#news.listen((isNews) => {
        if (isNews || again) end();
      }, this.#keepsAlive);
      const left = until === undefined ? undefined : Math.min(LONGEST, Math.max(0, until - Date.now()));
      const timer = left === undefined ? undefined : setTimeout(end, left);
      if (!this.#keepsAlive) timer?.unref();
      this.#waits.add(end);
    });
  }
}
