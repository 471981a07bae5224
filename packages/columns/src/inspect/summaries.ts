import type { Database } from '@kohakuvault/core-native/internal/database';
import { INDEX_DTYPE } from '../chunks/variable/index-entries.ts';
import { DATA, INDEX } from '../chunks/variable/part-names.ts';
import { hasBlockColumns, hasColumns } from './tables.ts';

/** What `columnInspector` lists. */
export interface ColumnSummary {
  readonly name: string;
  readonly dtype: string;
  /** The number of elements. Null if the file holds an impossible one. */
  readonly length: number | null;
  /** Bytes of its chunks, unused ones included. */
  readonly bytes: number;
  readonly chunks: number;
  /** The prefix of its tables: `col` in the layout that this package writes, `kvault_col` in that of Python 1.x. */
  readonly layout: 'col' | 'kvault_col';
}

interface Row {
  name: string;
  dtype: string;
  length: number | null;
  bytes: number;
  chunks: number;
}

/** Returns the columns of a file by name. A column of variable size is one, although two rows describe it. */
export function columnSummaries(database: Database): ColumnSummary[] {
  return [
    ...(hasColumns(database) ? columnsInChunks(database) : []),
    ...(hasBlockColumns(database) ? columnsInBlocks(database) : []),
  ];
}

/** Names as text and lengths as numbers, although a faulty program may have stored other classes. */
const SHOWN = `coalesce(CAST(name AS TEXT), '') AS name, coalesce(CAST(dtype AS TEXT), '') AS dtype,
  CASE WHEN typeof(length) = 'integer' AND length BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER} THEN length END AS length`;

function columnsInChunks(database: Database): ColumnSummary[] {
  const rows = database
    .prepare(
      `SELECT ${SHOWN},
          (SELECT total(actual_size) FROM main.col_chunks AS chunk WHERE chunk.col_id = meta.col_id) AS bytes,
          (SELECT count(*) FROM main.col_chunks AS chunk WHERE chunk.col_id = meta.col_id) AS chunks
        FROM main.col_meta AS meta ORDER BY name`,
    )
    .all() as Row[];
  const byName = new Map(rows.map((row) => [row.name, row]));
  return rows.flatMap((row): ColumnSummary[] => {
    const { name, dtype, length, bytes, chunks } = row;
    const base = baseName(name, DATA);
    const index = base === undefined ? undefined : byName.get(`${base}${INDEX}`);
    if (base !== undefined && index?.dtype === INDEX_DTYPE) {
      const [allBytes, allChunks] = [bytes + index.bytes, chunks + index.chunks];
      return [{ name: base, dtype, length: index.length, bytes: allBytes, chunks: allChunks, layout: 'col' }];
    }
    const owner = baseName(name, INDEX);
    const isIndex = dtype === INDEX_DTYPE && owner !== undefined && byName.has(`${owner}${DATA}`);
    return isIndex ? [] : [{ name, dtype, length, bytes, chunks, layout: 'col' }];
  });
}

function baseName(name: string, ending: string): string | undefined {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}

function columnsInBlocks(database: Database): ColumnSummary[] {
  const rows = database
    .prepare(
      `SELECT ${SHOWN},
          (SELECT total(capacity_bytes) FROM main.kvault_col_blocks AS block WHERE block.col_id = meta.col_id) AS bytes,
          (SELECT count(*) FROM main.kvault_col_blocks AS block WHERE block.col_id = meta.col_id) AS chunks
        FROM main.kvault_col_columns AS meta ORDER BY name`,
    )
    .all() as Row[];
  return rows.map((row) => ({ ...row, layout: 'kvault_col' }));
}
