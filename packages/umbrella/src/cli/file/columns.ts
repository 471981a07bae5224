import type { Database } from '@kohakuvault/core-native/internal/database';
import type { Holdings } from './holdings.ts';

export interface ColumnSummary {
  readonly name: string;
  readonly dtype: string;
  /** Null where the file says none that could be. */
  readonly length: number | null;
  /** Bytes that its chunks take, used or not. */
  readonly bytes: number;
  readonly chunks: number;
  /** What the names of its tables begin with. */
  readonly layout: 'col' | 'kvault_col';
}

interface LegacyRow {
  name: string;
  dtype: string;
  length: number | null;
  bytes: number;
  chunks: number;
}

/** The columns of a file in either layout, by name. A column of variable size is one, though two rows describe it. */
export function columnsOf(database: Database, { legacyColumns, newColumns }: Holdings): ColumnSummary[] {
  return [...(legacyColumns ? legacyOf(database) : []), ...(newColumns ? newOf(database) : [])];
}

/** Whatever classes a faulty program has given them, names are text here and lengths are numbers. */
const SHOWN = `coalesce(CAST(name AS TEXT), '') AS name, coalesce(CAST(dtype AS TEXT), '') AS dtype,
  CASE WHEN typeof(length) = 'integer' AND length BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER} THEN length END AS length`;

function legacyOf(database: Database): ColumnSummary[] {
  const rows = database
    .prepare(
      `SELECT ${SHOWN},
          (SELECT total(actual_size) FROM main.col_chunks AS chunk WHERE chunk.col_id = meta.col_id) AS bytes,
          (SELECT count(*) FROM main.col_chunks AS chunk WHERE chunk.col_id = meta.col_id) AS chunks
        FROM main.col_meta AS meta ORDER BY name`,
    )
    .all() as LegacyRow[];
  const byName = new Map(rows.map((row) => [row.name, row]));
  return rows.flatMap((row): ColumnSummary[] => {
    const { name, dtype, length, bytes, chunks } = row;
    const index = name.endsWith('_data') ? indexOf(name.slice(0, -'_data'.length), byName) : undefined;
    if (index) {
      return [
        {
          name: name.slice(0, -'_data'.length),
          dtype,
          length: index.length,
          bytes: bytes + index.bytes,
          chunks: chunks + index.chunks,
          layout: 'col',
        },
      ];
    }
    const isIndex =
      dtype === 'adaptive_idx' && name.endsWith('_idx') && byName.has(`${name.slice(0, -'_idx'.length)}_data`);
    return isIndex ? [] : [{ name, dtype, length, bytes, chunks, layout: 'col' }];
  });
}

function indexOf(name: string, byName: ReadonlyMap<string, LegacyRow>): LegacyRow | undefined {
  const index = byName.get(`${name}_idx`);
  return index?.dtype === 'adaptive_idx' ? index : undefined;
}

function newOf(database: Database): ColumnSummary[] {
  const rows = database
    .prepare(
      `SELECT ${SHOWN},
          (SELECT total(capacity_bytes) FROM main.kvault_col_blocks AS block WHERE block.col_id = meta.col_id) AS bytes,
          (SELECT count(*) FROM main.kvault_col_blocks AS block WHERE block.col_id = meta.col_id) AS chunks
        FROM main.kvault_col_columns AS meta ORDER BY name`,
    )
    .all() as Omit<ColumnSummary, 'layout'>[];
  return rows.map((row) => ({ ...row, layout: 'kvault_col' }));
}
