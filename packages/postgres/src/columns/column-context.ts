import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Executor } from '../execution/executor.ts';
import { type Catalog, checkEntry, LAYOUT } from '../schema/catalog.ts';
import { ColumnSql, makeColumnTables } from './column-sql.ts';

/** What the columns of one vault share. */
export class ColumnContext {
  readonly catalog: Catalog;
  readonly executor: Executor;
  readonly table: string;
  readonly sql: ColumnSql;
  readonly #partitions: number;
  #opened: Promise<void> | undefined;
  #open = true;

  constructor(catalog: Catalog, executor: Executor, table: string, partitions: number) {
    this.catalog = catalog;
    this.executor = executor;
    this.table = table;
    this.sql = new ColumnSql(catalog, table);
    this.#partitions = partitions;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Finds or makes the tables, once. */
  async ready(): Promise<void> {
    this.#assertOpen();
    this.#opened ??= this.#openTables().catch((error) => {
      // The next call tries again.
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
    this.#assertOpen();
  }

  close(): void {
    this.#open = false;
  }

  #assertOpen(): void {
    if (this.#open) return;
    throw new KohakuVaultError(`the columns ${this.table} are closed; open them again`, { code: 'KV_CLOSED' });
  }

  async #openTables(): Promise<void> {
    const { catalog, executor, table } = this;
    const partitions = this.#partitions;
    const wanted = { name: table, kind: 'columns', layout: LAYOUT, partitions, encoding: '', settings: {} } as const;
    const entry = await catalog.findOrMake(executor, wanted, (session) =>
      makeColumnTables(session, catalog, table, partitions),
    );
    checkEntry(entry, 'columns');
  }
}
