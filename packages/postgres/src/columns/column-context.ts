import type { Executor } from '../execution/executor.ts';
import { type Catalog, checkEntry, LAYOUT } from '../schema/catalog.ts';
import { TableContext } from '../schema/table-context.ts';
import { ColumnSql, makeColumnTables, upgradeColumnTables } from './column-sql.ts';

/** What the columns of one vault share. */
export class ColumnContext extends TableContext {
  protected readonly shown = 'the vault of columns';
  readonly sql: ColumnSql;
  readonly #partitions: number;

  constructor(catalog: Catalog, executor: Executor, table: string, partitions: number) {
    super(catalog, executor, table);
    this.sql = new ColumnSql(catalog, table);
    this.#partitions = partitions;
  }

  protected async openTables(): Promise<void> {
    const { catalog, executor, table } = this;
    const partitions = this.#partitions;
    const wanted = { name: table, kind: 'columns', layout: LAYOUT, partitions, encoding: '', settings: {} } as const;
    const entry = await catalog.findOrMake(executor, wanted, (session) =>
      makeColumnTables(session, catalog, table, partitions),
    );
    checkEntry(entry, 'columns');
    await catalog.upgrade(executor, entry, (session) => upgradeColumnTables(session, catalog, table));
  }
}
