import { KohakuVaultError } from '@kohakuvault/core-native';
import { type Database, quoteIdentifier } from '@kohakuvault/core-native/database';
import type { StreamHost, StreamKey } from './host.ts';
import { frontLength, missing, type StoredValue } from './stored-value.ts';
import { Watch } from './watch.ts';

type Statement = ReturnType<Database['prepare']>;

interface Row {
  readonly rowid: number | bigint;
  readonly length: number;
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
  readonly #watch: Watch;
  readonly #row: Row;
  readonly #front: number;
  readonly #statement: Statement;

  constructor(host: StreamHost, key: StreamKey) {
    this.#host = host;
    this.#key = key;
    this.#statement = host.connection.shared.database.prepare(
      `SELECT rowid, length(value) AS length FROM main.${quoteIdentifier(host.table)} WHERE key = ?`,
    );
    const { row, first } = host.connection.snapshot(() => {
      const row = this.#find();
      if (!row) throw missing(host, key);
      const first = Buffer.alloc(Math.min(row.length, 10));
      host.site.read(key.bytes, first);
      return { row, first };
    });
    this.#row = row;
    this.#front = frontLength(host, key, first);
    this.size = row.length - this.#front;
    this.#watch = new Watch(host.connection, host.table, key.bytes);
  }

  read(target: Uint8Array, offset: number): number {
    const { site } = this.#host;
    // Looked at afterwards: what is not replaced then was not when it was read.
    const count =
      site.size(this.#key.bytes) === undefined ? 0 : site.read(this.#key.bytes, target, this.#front + offset);
    this.#refuseReplaced();
    return count;
  }

  write(bytes: Uint8Array, offset: number): void {
    this.#host.connection.transaction(() => {
      this.#refuseReplaced();
      this.#host.site.write(this.#key.bytes, bytes, this.#front + offset);
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
      !this.#host.setup.pending(this.#key.bytes);
    if (!same) {
      throw new KohakuVaultError(
        `the value of ${this.#key.shown} in ${this.#host.table} has been replaced since it was opened: open it again`,
        { code: 'KV_STALE' },
      );
    }
  }

  #find(): Row | undefined {
    const row = this.#host.connection.read(() => this.#statement.get(this.#key.bytes)) as Row | undefined;
    // The user's Database may be set to give bigints.
    return row && { rowid: row.rowid, length: Number(row.length) };
  }
}
