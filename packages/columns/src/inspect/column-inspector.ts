import { openDatabase, type TableInspector } from '@kohakuvault/core-native/internal/database';
import { verifyBlockColumns } from './block-columns.ts';
import { verifyChunkColumns } from './chunk-columns.ts';
import { type ColumnSummary, columnSummaries } from './summaries.ts';
import { columnTables, hasBlockColumns, hasColumns } from './tables.ts';

/** Lists and verifies the columns of a file, those in the layout of Python 1.x included. */
export const columnInspector: TableInspector<ColumnSummary> = {
  tables: columnTables,
  list: columnSummaries,
  async *verify(source, progress = () => {}) {
    // Loaded here: listing needs neither.
    const [columns, packer] = await Promise.all([import('@kohakuvault/columns'), import('@kohakuvault/packer')]);
    using connection = openDatabase(source);
    if (hasColumns(connection.database)) yield* verifyChunkColumns(connection, { ...columns, ...packer }, progress);
    if (hasBlockColumns(connection.database)) yield* verifyBlockColumns(connection.database, packer, progress);
  },
};
