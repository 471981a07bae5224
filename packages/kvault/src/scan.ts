import { nativeCore, PageFlag } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
import type { ResolvedRange } from './range.ts';
import { isWithin } from './range.ts';
import { looksLikeManifest } from './values/manifest.ts';
import type { Pending, WriteCache } from './write-cache.ts';

/** Rows read at a time: few enough to be quick, enough to make the crossing cheap. */
const ROWS = 512;
/** The memory of a page; a value that does not fit is fetched by itself. */
const PAGE_BYTES = 256 * 1024;
const APART = 0xffffffff;

/** A row of a scan: its key, and its stored value where that was asked for. */
export interface Row {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** What a scan reads from. */
export interface ScanSource {
  readonly connection: Connection;
  readonly table: number;
  readonly cache: WriteCache;
  /** Whether nothing changes between two reads now. */
  readonly isOneState?: boolean;
  /** The stored value of a row too long for a page; undefined where it has been deleted meanwhile. */
  fetch(key: Buffer): Buffer | undefined;
}

/**
 * The rows of a range in the order of their keys, read a page at a time: each page is one consistent read that includes
 * what is pending, no statement stays open between pages, and the next page begins behind the last key.
 */
export function* scan(source: ScanSource, range: ResolvedRange, values: boolean): Generator<Row> {
  let rest: ResolvedRange | undefined = range;
  let left = range.limit;
  while (rest && left > 0) {
    const page: Page = readPage(source, rest, values, Math.min(ROWS, left));
    for (const row of page.rows) {
      yield row;
      if (--left === 0) return;
    }
    rest = page.rest;
  }
}

interface Page {
  rows: Row[];
  /** The part of the range that lies behind these rows; undefined at its end. */
  rest: ResolvedRange | undefined;
}

function readPage(source: ScanSource, range: ResolvedRange, values: boolean, limit: number): Page {
  const stored = storedPage(source, range, values, limit);
  const { last } = stored;
  const rest = stored.ended || !last ? undefined : behind(range, last);
  if (source.cache.isEmpty) return { rows: stored.rows, rest };
  // What is pending counts up to the last stored row of the page; beyond it the next page looks again.
  const covered = rest && last ? upTo(range, last) : range;
  return { rows: merge(stored.rows, pendingWithin(source.cache, covered), range.reverse, values), rest };
}

function behind(range: ResolvedRange, key: Buffer): ResolvedRange {
  const bound = { key, inclusive: false };
  return range.reverse ? { ...range, upper: bound } : { ...range, lower: bound };
}

function upTo(range: ResolvedRange, key: Buffer): ResolvedRange {
  const bound = { key, inclusive: true };
  return range.reverse ? { ...range, lower: bound } : { ...range, upper: bound };
}

interface StoredPage {
  rows: Row[];
  /** The last key that was read, whether its row is still there or not. */
  last: Buffer | undefined;
  ended: boolean;
}

let memory = Buffer.allocUnsafeSlow(PAGE_BYTES);

function storedPage(source: ScanSource, range: ResolvedRange, values: boolean, limit: number): StoredPage {
  const { connection, table } = source;
  const { lower, upper } = range;
  const flags =
    (lower?.inclusive ? PageFlag.lowerInclusive : 0) |
    (upper?.inclusive ? PageFlag.upperInclusive : 0) |
    (range.reverse ? PageFlag.reverse : 0) |
    (values ? PageFlag.values : 0);
  const { binding } = nativeCore();
  for (;;) {
    connection.touch(true);
    const result = binding.kvPage(connection.handle, table, lower?.key, upper?.key, flags, limit, memory);
    const count = result >> 1;
    const ended = (result & 1) === 1;
    if (count > 0 || ended) {
      const rows = rowsIn(memory, count, values, source);
      // Values that are fetched by themselves have to come from the state that the page is of.
      return rows
        ? { ...rows, ended }
        : connection.snapshot(() => storedPage({ ...source, isOneState: true }, range, values, limit));
    }
    // Not even one key fits.
    memory = Buffer.allocUnsafeSlow(memory.length * 2);
  }
}

/**
 * Copies the rows out: the memory is used again for the next page. Undefined where a value has to be fetched by itself and
 * the source may have changed meanwhile.
 */
function rowsIn(
  page: Buffer,
  count: number,
  values: boolean,
  source: ScanSource,
): Omit<StoredPage, 'ended'> | undefined {
  const rows: Row[] = [];
  let last: Buffer | undefined;
  let at = 0;
  for (let index = 0; index < count; index++) {
    const keyLength = page.readUInt32LE(at);
    const valueLength = page.readUInt32LE(at + 4);
    const start = at + 8 + keyLength;
    const key = Buffer.from(page.subarray(at + 8, start));
    last = key;
    at = start;
    if (valueLength !== APART) at += valueLength;
    const stored = values && valueLength !== APART ? page.subarray(start, at) : undefined;
    if (valueLength === APART || (stored && looksLikeManifest(stored))) {
      if (!source.isOneState) return undefined;
      const value = source.fetch(key);
      if (value) rows.push({ key, value });
    } else {
      rows.push({ key, value: stored && Buffer.from(stored) });
    }
  }
  return { rows, last };
}

interface PendingRow {
  key: Buffer;
  entry: Pending;
}

function pendingWithin(cache: WriteCache, range: ResolvedRange): PendingRow[] {
  const rows: PendingRow[] = [];
  for (const [, entry] of cache.entries()) {
    const key = typeof entry.key === 'string' ? Buffer.from(entry.key) : Buffer.from(entry.key);
    if (isWithin(key, range)) rows.push({ key, entry });
  }
  const direction = range.reverse ? -1 : 1;
  return rows.sort((a, b) => direction * Buffer.compare(a.key, b.key));
}

/** Both in order: a pending entry stands before the stored row of the same key, whether it changes or deletes it. */
function merge(stored: Row[], pending: PendingRow[], reverse: boolean, values: boolean): Row[] {
  const direction = reverse ? -1 : 1;
  const rows: Row[] = [];
  let next = 0;
  for (const { key, entry } of pending) {
    let order = 1;
    while (next < stored.length) {
      const row = stored[next] as Row;
      order = direction * Buffer.compare(row.key, key);
      if (order >= 0) break;
      rows.push(row);
      next++;
    }
    if (next < stored.length && order === 0) next++;
    if (entry.value) rows.push({ key, value: values ? Buffer.from(entry.value) : undefined });
  }
  rows.push(...stored.slice(next));
  return rows;
}
