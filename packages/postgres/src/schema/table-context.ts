import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { onAbort } from '@kohakuvault/kvault/internal';
import type { Executor } from '../execution/executor.ts';
import type { Catalog } from './catalog.ts';

/** What the calls of one vault share. Its tables are found, or made, by the first call. */
export abstract class TableContext {
  readonly catalog: Catalog;
  readonly executor: Executor;
  readonly table: string;
  /** What the vault is, for messages. */
  protected abstract readonly shown: string;
  readonly #endings = new Set<(reason: KohakuVaultError) => unknown>();
  readonly #beginnings = new Set<Promise<unknown>>();
  #opened: Promise<void> | undefined;
  #hasTables = false;
  #open = true;

  constructor(catalog: Catalog, executor: Executor, table: string) {
    this.catalog = catalog;
    this.executor = executor;
    this.table = table;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether the vault can be used at once: its tables have been found, and it is open. */
  get isReady(): boolean {
    return this.#hasTables && this.#open && this.#beginnings.size === 0;
  }

  /** Finds or makes the tables, once, and waits for what begins to follow changes: what is written next is one of them. */
  async ready(): Promise<void> {
    await this.tables();
    if (this.#beginnings.size === 0) return;
    await Promise.allSettled(this.#beginnings);
    this.assertOpen();
  }

  /** Has calls that come later wait for the beginning of what follows changes. */
  waitFor(begun: Promise<unknown>): void {
    this.#beginnings.add(begun);
    const end = () => void this.#beginnings.delete(begun);
    begun.then(end, end);
  }

  /** Finds or makes the tables, once. */
  async tables(): Promise<void> {
    this.assertOpen();
    if (this.#hasTables) return;
    this.#opened ??= this.openTables().catch((error) => {
      // The next call tries again.
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
    this.#hasTables = true;
    this.assertOpen();
  }

  /** Has `end` called when the vault closes. The function returned unregisters it. */
  register(end: (reason: KohakuVaultError) => unknown): () => void {
    this.#endings.add(end);
    return () => this.#endings.delete(end);
  }

  /**
   * Has `end` called when the vault or its store closes, and when the signal is aborted. Call what it returns in the end:
   * a store that closes waits for that.
   */
  endWith(signal: AbortSignal | undefined, end: (reason: Error) => void): () => void {
    const { closing } = this.executor;
    let release = () => {};
    const ended = new Promise<void>((resolve) => {
      release = resolve;
    });
    closing.waitFor(ended);
    const stops = [release, this.register(end), onAbort(signal, end), onAbort(closing.signal, end)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Returns a signal that is aborted with the given one, and when the vault or its store closes. `release` it in the end. */
  signalWith(given: AbortSignal | undefined): { signal: AbortSignal; release: () => void } {
    const ending = new AbortController();
    const release = this.endWith(given, (reason) => ending.abort(reason));
    return { signal: ending.signal, release };
  }

  assertOpen(): void {
    this.executor.closing.signal.throwIfAborted();
    if (this.#open) return;
    throw new KohakuVaultError(`${this.shown} ${this.table} is closed; open it again`, { code: 'KV_CLOSED' });
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const reason = new KohakuVaultError(
      `${this.shown} ${this.table} was closed before the call had ended; close it after its calls and streams`,
      { code: 'KV_CLOSED' },
    );
    await Promise.all(Array.from(this.#endings, (end) => end(reason)));
  }

  protected abstract openTables(): Promise<void>;
}
