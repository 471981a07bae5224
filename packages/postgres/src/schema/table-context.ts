import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Executor } from '../execution/executor.ts';
import type { Catalog } from './catalog.ts';

/** What the calls of one vault share. Its tables are found, or made, by the first call. */
export abstract class TableContext {
  readonly catalog: Catalog;
  readonly executor: Executor;
  readonly table: string;
  /** What the vault is, for messages. */
  protected abstract readonly shown: string;
  #opened: Promise<void> | undefined;
  #isReady = false;
  #open = true;

  constructor(catalog: Catalog, executor: Executor, table: string) {
    this.catalog = catalog;
    this.executor = executor;
    this.table = table;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether the tables have been found: what they are is known then. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Finds or makes the tables, once. */
  async ready(): Promise<void> {
    this.assertOpen();
    if (this.#isReady) return;
    this.#opened ??= this.openTables().catch((error) => {
      // The next call tries again.
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
    this.#isReady = true;
    this.assertOpen();
  }

  assertOpen(): void {
    if (this.#open) return;
    throw new KohakuVaultError(`${this.shown} ${this.table} are closed; open them again`, { code: 'KV_CLOSED' });
  }

  close(): void {
    this.#open = false;
  }

  protected abstract openTables(): Promise<void>;
}
