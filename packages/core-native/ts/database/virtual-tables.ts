/**
 * Has a connection make its virtual tables again, from what the file holds. They keep nothing in memory then.
 *
 * FTS5 runs statements inside of one that writes, and each of them may end the whole transaction if the disk is full or
 * fails. FTS5 then takes totals for read that it could not read (`bTotalsValid` in `fts5StorageLoadTotals`), and
 * would write them with the next document: `integrity_check` would call its index malformed, and ranks would be wrong.
 */
export function makeVirtualTablesAgain(pragma: (source: string) => unknown): void {
  // It runs no statement on the file, so it works while the disk fails and while others hold the lock.
  pragma('writable_schema = RESET');
}
