import type { Connection } from '@kohakuvault/core-native/internal/database';
import { idsAfter, type ResolvedIds } from './id-range.ts';

/** The number of vectors that an iteration reads together. */
const PAGE_ROWS = 128;
/** The number after the loop has changed something, which makes rows that were read ahead stale. */
const ROWS_AFTER_CHANGE = 2;

/** Yields rows page by page, each as it is when its turn comes. */
export function* rowsByPage<Row extends { id: bigint }>(
  connection: Connection,
  range: ResolvedIds,
  page: (left: ResolvedIds, most: number) => Row[],
): Generator<Row> {
  let left = range;
  let most = PAGE_ROWS;
  while (left.limit > 0) {
    const stamp = connection.stamp();
    const rows = connection.snapshot(() => page(left, most));
    if (rows.length === 0) return;
    most = Math.min(PAGE_ROWS, most * 2);
    for (const row of rows) {
      yield row;
      left = idsAfter(left, row.id);
      if (connection.stamp() === stamp) continue;
      most = ROWS_AFTER_CHANGE;
      break;
    }
  }
}
