import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Query, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { type ReplacementWatch, ReplacementWatches } from '../../table/replacement-watch.ts';
import { MANIFEST_LENGTH } from '../../values/manifest.ts';
import type { Extent } from '../../values/stored-values.ts';
import type { StreamHost, StreamKey } from '../stream-context.ts';
import { firstBytes, frontLength, missing, type StoredValue } from './stored-value.ts';

interface Row {
  readonly rowid: bigint;
  readonly length: bigint;
  /** All of it, where it may be a manifest: those have one length, and another id for each value. */
  readonly manifest: Buffer | null;
}

/**
 * A value read and written through the vault's own connection, as it is at each call. Once it has been replaced every call
 * fails with KV_STALE. That is noticed of all that vaults of this thread write, and of what anybody else writes where the
 * row or the length is another.
 */
export class WatchedValue implements StoredValue {
  readonly size: number;
  readonly #host: StreamHost;
  readonly #key: StreamKey;
  readonly #watch: ReplacementWatch;
  readonly #row: Row;
  readonly #extent: Extent;
  readonly #front: number;
  readonly #query: Query<Row>;

  constructor(host: StreamHost, key: StreamKey) {
    this.#host = host;
    this.#key = key;
    this.#query = host.connection.query(
      `SELECT rowid, octet_length(value) AS length,
          CASE octet_length(value) WHEN ${MANIFEST_LENGTH} THEN CAST(value AS BLOB) END AS manifest
        FROM main.${quoteIdentifier(host.table)} WHERE key = ?`,
      // Rowids may be longer than a number.
      { bigints: true },
    );
    const { row, extent, first } = host.connection.snapshot(() => {
      const row = this.#find();
      const extent = host.values.extentOf(key.bytes);
      if (!row || !extent) throw missing(host, key);
      return { row, extent, first: firstBytes(host.values, key.bytes, extent) };
    });
    this.#row = row;
    this.#extent = extent;
    this.#front = frontLength(host, key, first);
    this.size = extent.size - this.#front;
    this.#watch = ReplacementWatches.of(host.connection).watch(host.table, key.bytes);
  }

  read(target: Uint8Array, offset: number): number {
    let count: number;
    try {
      count = this.#host.values.read(this.#key.bytes, this.#extent, target, this.#front + offset);
    } catch (error) {
      // The row or the parts of a value that has been replaced are not there.
      this.#refuseReplaced();
      throw error;
    }
    // Looked at afterwards: what is not replaced then was not when it was read.
    this.#refuseReplaced();
    return count;
  }

  write(bytes: Uint8Array, offset: number): void {
    this.#host.connection.transaction(() => {
      this.#refuseReplaced();
      this.#host.values.write(this.#key.bytes, this.#extent, bytes, this.#front + offset);
    });
  }

  close(): void {
    this.#watch.end();
  }

  #refuseReplaced(): void {
    const row = this.#find();
    const same =
      !this.#watch.replaced &&
      row?.rowid === this.#row.rowid &&
      row.length === this.#row.length &&
      (this.#extent.manifest === undefined || row.manifest?.equals(this.#row.manifest as Buffer) === true) &&
      !this.#host.setup.entries.pending.has(this.#key.bytes);
    if (!same) {
      throw new KohakuVaultError(
        `the value of ${this.#key.shown} in ${this.#host.table} has been replaced since it was opened: open it again`,
        { code: 'KV_STALE' },
      );
    }
  }

  #find(): Row | undefined {
    return this.#host.connection.read(() => this.#query.get(this.#key.bytes));
  }
}
