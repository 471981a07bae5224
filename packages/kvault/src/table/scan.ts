import { CorruptData } from '@kohakuvault/core-native/internal';
import { Absent, type Access, type KvRow, KvRows, type KvTable } from '@kohakuvault/core-native/internal/database';
import type { Expiries } from '../expiry/expiries.ts';
import { NEVER } from '../expiry/expiry-options.ts';
import { showKey } from '../keys/keys.ts';
import type { ResolvedRange } from '../keys/range.ts';
import { looksLikeManifest, MANIFEST_LENGTH } from '../values/manifest.ts';

/** The rows of a page: few enough to be quick, enough to make the crossing cheap. */
const ROWS = 512;
/** The same of the first page: many loops end soon. */
const FIRST_ROWS = 128;
/** The same after the loop has changed something, which makes the rows that were read ahead worthless. */
const ROWS_AFTER_CHANGE = 2;
/** The memory of a page. A value that does not fit is fetched alone. */
const PAGE_BYTES = 256 * 1024;

/** What a scan reads from. */
export interface ScanSource {
  readonly connection: Access;
  readonly name: string;
  readonly rows: KvTable;
  readonly expiries: Expiries;
  /** Returns the stored value of a row that is not on its page; undefined if it has been deleted meanwhile. */
  fetch(key: Buffer): Buffer | undefined;
}

/** Memory of a scan that has ended, for the next one. */
let idle: Buffer | undefined;

/**
 * The rows of a range in the order of their keys, as `Map` has them: each as it is when it is asked for. Rows are read a
 * page at a time. Each page is one consistent read that includes pending writes, and no statement stays open between
 * pages. If anything has changed since a page was read, the rest of it is read again, from the last key on. A value too
 * long for a page is read when its row is reached. Rows of entries that have expired are left out, and a page is good
 * until the next entry expires. The row is valid until the next one is asked for.
 */
export class Scan {
  /** The row that the scan is at. */
  readonly row = new KvRows();
  readonly #source: ScanSource;
  readonly #values: boolean;
  /** The range of the page that was read last; undefined when nothing is left to read. */
  #range: ResolvedRange | undefined;
  #limit: number;
  #size = FIRST_ROWS;
  #memory: Buffer;
  #stamp = 0;
  /** The entries that had expired when the page was read, and when the next one does. */
  #hidden: ReadonlySet<string> | undefined;
  #goodUntil = NEVER;
  /** Whether the caller has the row, and so has had time to change something. */
  #isOut = false;
  #isOver = false;
  #isFirst = true;

  constructor(source: ScanSource, range: ResolvedRange, values: boolean) {
    this.#source = source;
    this.#values = values;
    this.#range = range;
    this.#limit = range.limit;
    this.#memory = idle ?? Buffer.allocUnsafeSlow(PAGE_BYTES);
    idle = undefined;
  }

  /** Goes to the next row. Returns false if no row is left. A scan that has thrown is over. */
  next(): boolean {
    try {
      if (this.#advance()) return true;
    } catch (error) {
      this.end();
      throw error;
    }
    this.end();
    return false;
  }

  /** Ends the scan. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.row.stop();
    idle = this.#memory;
  }

  #advance(): boolean {
    const { row } = this;
    if (this.#isOver || this.#limit === 0) return false;
    if (this.#isOut && this.#isStale) {
      row.stop();
      row.ended = false;
      this.#size = ROWS_AFTER_CHANGE;
    }
    this.#isOut = false;
    for (;;) {
      while (row.next()) {
        if (this.#hidden && isHidden(row, this.#hidden)) continue;
        if (isApart(row) && !fetchValue(this.#source, row)) continue;
        this.#limit--;
        this.#isOut = true;
        return true;
      }
      if (!this.#isFirst && row.ended) return false;
      this.#readPage();
      if (row.left === 0) return false;
    }
  }

  /** Whether the rest of the page must be read again. */
  get #isStale(): boolean {
    if (this.#source.connection.stamp() !== this.#stamp) return true;
    return this.#goodUntil !== NEVER && this.#goodUntil <= Date.now();
  }

  /** Reads the page behind the row, into more memory if not even one key fits. */
  #readPage(): void {
    const { row } = this;
    const { connection, expiries } = this.#source;
    this.#stamp = connection.stamp();
    const before = this.#range as ResolvedRange;
    const range = this.#isFirst ? before : rangeAfter(before, keyOf(row));
    const limit = Math.min(this.#size, this.#limit);
    this.#range = range;
    this.#isFirst = false;
    this.#size = Math.min(ROWS, this.#size * 2);
    const read = () => this.#readRows(range, limit);
    if (!expiries.isUsed) {
      read();
      // In the middle of that, another connection may have made the table of times.
      expiries.isDue(connection);
    }
    // The rows and their times must be from one state.
    if (expiries.isUsed) connection.consistently(read);
  }

  #readRows(range: ResolvedRange, limit: number): void {
    const { row } = this;
    const { connection, rows, expiries } = this.#source;
    const isDue = expiries.isDue(connection);
    // One time for both: what expires in between would be neither hidden nor waited for.
    const now = isDue ? Date.now() : 0;
    this.#hidden = isDue ? expiries.hiddenIn(range, limit, now) : undefined;
    this.#goodUntil = isDue ? expiries.nextAfter(now) : expiries.first;
    for (let target = this.#memory; ; target = Buffer.allocUnsafeSlow(target.length * 2)) {
      connection.prepareRead();
      rows.page(range, this.#values, limit, target, row);
      this.#memory = target;
      if (row.left > 0 || row.ended) return;
    }
  }
}

/** A key in the memory of a row, or alone. */
export type KeyPlace = Pick<KvRow, 'memory' | 'keyStart' | 'keyEnd'>;

/** Returns a copy of a row's key. */
export function keyOf({ memory, keyStart, keyEnd }: KeyPlace): Buffer {
  return Buffer.from(memory.subarray(keyStart, keyEnd));
}

/** Keys that are not bytes come in an order of their own, and never expire. */
function isHidden({ absent, memory, keyStart, keyEnd }: KvRow, hidden: ReadonlySet<string>): boolean {
  return absent !== Absent.foreignKey && hidden.has(memory.toString('latin1', keyStart, keyEnd));
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

function rangeAfter(range: ResolvedRange, key: Buffer): ResolvedRange {
  const bound = { key, inclusive: false };
  return range.reverse ? { ...range, upper: bound } : { ...range, lower: bound };
}
