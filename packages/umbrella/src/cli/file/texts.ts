import {
  countRows,
  type Database,
  schemaTables,
  type TableInspector,
  usesModule,
} from '@kohakuvault/core-native/internal/database';

interface TextSummary {
  readonly table: string;
  /** The number of documents. Null if FTS5's own tables are damaged. */
  readonly documents: number | null;
}

/** The suffixes of the tables that belong to a full-text table: its values, and FTS5's shadow tables. */
const RELATED = /^_(?:values|data|idx|content|docsize|config)$/;

/** Lists the full-text tables of the Python package's TextVault. No package here reads them. */
export const textInspector: TableInspector<TextSummary> = {
  tables(database) {
    const main = textTables(database);
    const related = schemaTables(database)
      .map(({ name }) => name)
      .filter((name) => main.some((table) => name.startsWith(table) && RELATED.test(name.slice(table.length))));
    return { main, related };
  },
  list: (database) =>
    textTables(database).map((table) => ({ table, documents: countRows(database, `${table}_docsize`) ?? null })),
  async *verify() {},
};

function textTables(database: Database): string[] {
  return schemaTables(database)
    .filter((table) => usesModule(table, 'fts5'))
    .map(({ name }) => name);
}
