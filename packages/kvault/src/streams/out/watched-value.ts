import { type Query, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { ChangeLog } from '../../changes/change-log.ts';
import { type ReplacementWatch, ReplacementWatches } from '../../table/replacement-watch.ts';
import { MANIFEST_LENGTH } from '../../values/manifest.ts';
import type { Extent } from '../../values/value-bytes.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { firstBytes, frontLength, missing, type ReadableValue, replaced } from './readable-value.ts';

interface Row {
  readonly rowid: bigint;
  readonly length: bigint;
  /** The whole value if it may be a manifest: all manifests have one length, and each value has another id. */
  readonly manifest: Buffer | null;
}

/**
 * A value that is read and written through the vault's own connection, as it is at each call. Once it has been
 * replaced, every call fails with KV_STALE. A replacement by a vault of this thread is always noticed; one by anything
 * else, if the row or the length has changed.
 */
export class WatchedValue implements ReadableValue {
  readonly size: number;
  readonly #context: StreamContext;
  readonly #key: StreamKey;
  readonly #watch: ReplacementWatch;
  readonly #row: Row;
  readonly #extent: Extent;
  readonly #front: number;
  readonly #query: Query<Row>;

  constructor(context: StreamContext, key: StreamKey) {
    this.#context = context;
    this.#key = key;
    this.#query = context.connection.query(
      `SELECT rowid, octet_length(value) AS length,
          CASE octet_length(value) WHEN ${MANIFEST_LENGTH} THEN CAST(value AS BLOB) END AS manifest
        FROM main.${quoteIdentifier(context.table)} WHERE key = ?`,
      // A rowid may not fit a number.
      { bigints: true },
    );
    const { row, extent, first } = context.connection.snapshot(() => {
      const row = this.#find();
      const extent = context.values.extentOf(key.bytes);
      if (!row || !extent) throw missing(context, key);
      return { row, extent, first: firstBytes(context.values, key.bytes, extent) };
    });
    this.#row = row;
    this.#extent = extent;
    this.#front = frontLength(context, key, first);
    this.size = extent.size - this.#front;
    this.#watch = ReplacementWatches.of(context.connection).watch(context.table, key.bytes);
    this.#watch.rowids.add(row.rowid);
  }

  /** Whether the value is in its row, not in parts. */
  get isRow(): boolean {
    return this.#extent.manifest === undefined;
  }

  read(target: Uint8Array, offset: number): number {
    let count: number;
    try {
      count = this.#context.values.read(this.#key.bytes, this.#extent, target, this.#front + offset);
    } catch (error) {
      // If the value has been replaced, its row or its parts are missing.
      this.refuseReplaced();
      throw error;
    }
    // Checked afterwards: a value that is not replaced now was not replaced during the read.
    this.refuseReplaced();
    return count;
  }

  write(bytes: Uint8Array, offset: number): void {
    this.#context.connection.transaction(() => {
      this.refuseReplaced();
      const { connection, table, values } = this.#context;
      values.write(this.#key.bytes, this.#extent, bytes, this.#front + offset);
      // No trigger sees what is written in place.
      const log = new ChangeLog(connection, table);
      if (log.exists) log.add(this.#key.bytes);
    });
  }

  close(): void {
    this.#watch.end();
  }

  /** Throws KV_STALE if the value has been replaced. */
  refuseReplaced(): void {
    const row = this.#find();
    const same =
      !this.#watch.replaced &&
      row !== undefined &&
      this.#watch.rowids.has(row.rowid) &&
      row.length === this.#row.length &&
      (this.#extent.manifest === undefined || sameBytes(row.manifest, this.#row.manifest)) &&
      !this.#context.entries.pending.has(this.#key.bytes);
    if (!same) throw replaced(this.#context, this.#key);
  }

  #find(): Row | undefined {
    return this.#context.connection.read(() => this.#query.get(this.#key.bytes));
  }
}

function sameBytes(one: Buffer | null, other: Buffer | null): boolean {
  return one !== null && other !== null && one.equals(other);
}
