import { CorruptData } from '@kohakuvault/core-native/internal';
import { Absent, type Access, type KvPage, type KvRow, type KvTable } from '@kohakuvault/core-native/internal/database';
import { showKey } from '../keys/keys.ts';
import type { ResolvedRange } from '../keys/range.ts';
import { looksLikeManifest, MANIFEST_LENGTH } from '../values/manifest.ts';

/** The rows of a page: few enough to be quick, enough to make the crossing cheap. */
const ROWS = 512;
/** The same after the loop has changed something, which makes the rows that were read ahead worthless. */
const ROWS_AFTER_CHANGE = 2;
/** The memory of a page. A value that does not fit is fetched alone. */
const PAGE_BYTES = 256 * 1024;

/** What a scan reads from. */
export interface ScanSource {
  readonly connection: Access;
  readonly name: string;
  readonly rows: KvTable;
  /** Returns the stored value of a row that is not on its page; undefined if it has been deleted meanwhile. */
  fetch(key: Buffer): Buffer | undefined;
}

/** Memory of a scan that has ended, for the next one. */
let idle: Buffer | undefined;

/**
 * Yields the rows of a range in the order of their keys, as `Map` does: each as it is when it is asked for. Rows are
 * read a page at a time. Each page is one consistent read that includes pending writes, and no statement stays open
 * between pages. If anything has changed since a page was read, the rest of it is read again, from the last key on. A
 * value too long for a page is read when its row is reached. A row is valid until the next one is asked for.
 */
export function* scan(source: ScanSource, range: ResolvedRange, values: boolean): Generator<KvRow> {
  let memory = idle ?? Buffer.allocUnsafeSlow(PAGE_BYTES);
  idle = undefined;
  try {
    let remaining: ResolvedRange | undefined = range;
    let limit = range.limit;
    let size = ROWS;
    while (remaining && limit > 0) {
      const stamp = source.connection.stamp();
      const here: ResolvedRange = remaining;
      const page = readPage(source, here, { memory, values, limit: Math.min(size, limit) });
      memory = page.memory;
      const last = page.rows.at(-1);
      remaining = page.ended || !last ? undefined : rangeAfter(here, keyOf(last));
      size = Math.min(ROWS, size * 2);
      for (const row of page.rows) {
        if (isApart(row) && !fetchValue(source, row)) continue;
        yield row;
        if (--limit === 0) return;
        if (source.connection.stamp() === stamp) continue;
        remaining = rangeAfter(here, keyOf(row));
        size = ROWS_AFTER_CHANGE;
        break;
      }
    }
  } finally {
    idle = memory;
  }
}

/** Returns a copy of a row's key. */
export function keyOf({ memory, keyStart, keyEnd }: KvRow): Buffer {
  return Buffer.from(memory.subarray(keyStart, keyEnd));
}

function isApart({ absent, memory, keyEnd, valueEnd }: KvRow): boolean {
  if (absent !== 0) return true;
  return valueEnd - keyEnd === MANIFEST_LENGTH && looksLikeManifest(memory.subarray(keyEnd, valueEnd));
}

/** Fetches the value that is not on the row's page. Returns false if the row has been deleted meanwhile. */
function fetchValue(source: ScanSource, row: KvRow): boolean {
  const key = keyOf(row);
  if (row.absent === Absent.foreignKey) {
    throw new CorruptData(
      `the key ${showKey(key)} in ${source.name} is text or a number, stored by another program; ` +
        'a vault finds only BLOBs. Change it to CAST(key AS BLOB), or exclude it by a range: all such keys come before the others',
    );
  }
  row.own = source.fetch(key);
  return row.own !== undefined;
}

interface PageRequest {
  readonly memory: Buffer;
  readonly values: boolean;
  readonly limit: number;
}

/** Reads a page, into more memory if not even one key fits. */
function readPage(
  { connection, rows }: ScanSource,
  range: ResolvedRange,
  { memory, values, limit }: PageRequest,
): KvPage & { memory: Buffer } {
  for (let target = memory; ; target = Buffer.allocUnsafeSlow(target.length * 2)) {
    connection.prepareRead();
    const page = rows.page(range, values, limit, target);
    if (page.rows.length > 0 || page.ended) return { ...page, memory: target };
  }
}

function rangeAfter(range: ResolvedRange, key: Buffer): ResolvedRange {
  const bound = { key, inclusive: false };
  return range.reverse ? { ...range, upper: bound } : { ...range, lower: bound };
}
