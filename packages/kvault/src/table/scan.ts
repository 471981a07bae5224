import { CorruptData, Mark, nativeCore, PageFlag } from '@kohakuvault/core-native/internal';
import type { Access } from '@kohakuvault/core-native/internal/database';
import { showKey } from '../keys/keys.ts';
import type { ResolvedRange } from '../keys/range.ts';
import { looksLikeManifest, MANIFEST_LENGTH } from '../values/manifest.ts';

/** Rows read at a time: few enough to be quick, enough to make the crossing cheap. */
const ROWS = 512;
/** The same where the loop has changed something, which makes what was read ahead worthless. */
const ROWS_AFTER_CHANGE = 2;
/** The memory of a page; a value that does not fit is fetched by itself. */
const PAGE_BYTES = 256 * 1024;

/** A row of a scan: its key and, where that was asked for, its stored value behind it, in memory that is used again. */
export interface Row {
  readonly memory: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueEnd: number;
  /** The stored value where it is not there but in memory of its own. */
  readonly own: Buffer | undefined;
  /** Why it is not there, 0 where it is. */
  readonly mark: number;
}

/** What a scan reads from. */
export interface ScanSource {
  readonly connection: Access;
  /** The table's name, and what the core knows it by. */
  readonly name: string;
  readonly table: number;
  /** The stored value of a row that is not on its page; undefined where it has been deleted meanwhile. */
  fetch(key: Buffer): Buffer | undefined;
}

/** Memory of scans that have ended, for the next one. */
let idle: Buffer | undefined;

/**
 * The rows of a range in the order of their keys, as `Map` gives them: each as it is when it is asked for. They are read a page
 * at a time, each page one consistent read that includes what is pending; no statement stays open between pages. Where anything
 * has changed since a page was read, the rest of it is read again, behind the last key. A value too long for a page is read
 * when it is reached. A row is good until the next one is asked for.
 */
export function* scan(source: ScanSource, range: ResolvedRange, values: boolean): Generator<Row> {
  let memory = idle ?? Buffer.allocUnsafeSlow(PAGE_BYTES);
  idle = undefined;
  try {
    let rest: ResolvedRange | undefined = range;
    let left = range.limit;
    let size = ROWS;
    while (rest && left > 0) {
      const stamp = source.connection.stamp();
      const here: ResolvedRange = rest;
      const page = readPage(source, here, { memory, values, limit: Math.min(size, left) });
      memory = page.memory;
      rest = page.rest;
      size = Math.min(ROWS, size * 2);
      for (const row of page.rows) {
        const whole = row.mark === 0 ? row : completed(source, row);
        if (!whole) continue;
        yield whole;
        if (--left === 0) return;
        if (source.connection.stamp() === stamp) continue;
        rest = behind(here, keyOf(row));
        size = ROWS_AFTER_CHANGE;
        break;
      }
    }
  } finally {
    idle = memory;
  }
}

/** A copy of a row's key. */
export function keyOf({ memory, keyStart, keyEnd }: Row): Buffer {
  return Buffer.from(memory.subarray(keyStart, keyEnd));
}

/** The row with the value that was not on its page; undefined where it has been deleted meanwhile. */
function completed(source: ScanSource, row: Row): Row | undefined {
  const key = keyOf(row);
  if (row.mark === Mark.foreignKey) {
    throw new CorruptData(
      `the key ${showKey(key)} in ${source.name} is text or a number, stored by another program, and a vault finds only BLOBs: ` +
        'change it to CAST(key AS BLOB), or leave it out by a range (all such keys come before every other)',
    );
  }
  const own = source.fetch(key);
  return own && { ...row, own };
}

interface PageRequest {
  readonly memory: Buffer;
  readonly values: boolean;
  readonly limit: number;
}

interface Page {
  readonly rows: Row[];
  readonly memory: Buffer;
  /** The part of the range that lies behind these rows; undefined at its end. */
  readonly rest: ResolvedRange | undefined;
}

function readPage(source: ScanSource, range: ResolvedRange, request: PageRequest): Page {
  const { memory, count, ended } = fill(source, range, request);
  const rows = rowsIn(memory, count);
  const last = rows.at(-1);
  return { rows, memory, rest: ended || !last ? undefined : behind(range, keyOf(last)) };
}

function behind(range: ResolvedRange, key: Buffer): ResolvedRange {
  const bound = { key, inclusive: false };
  return range.reverse ? { ...range, upper: bound } : { ...range, lower: bound };
}

function fill(source: ScanSource, range: ResolvedRange, { memory, values, limit }: PageRequest) {
  const { connection, table } = source;
  const { lower, upper } = range;
  const flags =
    (lower?.inclusive ? PageFlag.lowerInclusive : 0) |
    (upper?.inclusive ? PageFlag.upperInclusive : 0) |
    (range.reverse ? PageFlag.reverse : 0) |
    (values ? PageFlag.values : 0);
  const { binding } = nativeCore();
  for (let target = memory; ; ) {
    connection.prepareRead();
    const result = binding.kvPage(connection.handle, table, lower?.key, upper?.key, flags, limit, target);
    const [count, ended] = [result >> 1, (result & 1) === 1];
    if (count > 0 || ended) return { memory: target, count, ended };
    // Not even one key fits.
    target = Buffer.allocUnsafeSlow(target.length * 2);
  }
}

function rowsIn(memory: Buffer, count: number): Row[] {
  const rows: Row[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const keyStart = at + 8;
    const keyEnd = keyStart + memory.readUInt32LE(at);
    const length = memory.readUInt32LE(at + 4);
    at = length < Mark.foreignKey ? keyEnd + length : keyEnd;
    const isManifest = length === MANIFEST_LENGTH && looksLikeManifest(memory.subarray(keyEnd, at));
    const mark = length >= Mark.foreignKey ? length : isManifest ? Mark.apart : 0;
    rows.push({ memory, keyStart, keyEnd, valueEnd: at, own: undefined, mark });
  }
  return rows;
}
