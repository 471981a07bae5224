import { type Connection, WriteBack } from '@kohakuvault/core-native/internal/database';
import type { ElementInfo } from '@kohakuvault/packer';
import type { ColumnStore } from '../layout.ts';
import { ColumnCache } from './column-cache.ts';
import type { PendingColumn } from './pending-column.ts';
import { PendingColumns } from './pending-columns.ts';

/** One vault's settings of when what is pending in the columns is written. */
export class VaultCache {
  readonly pending: PendingColumns;
  readonly writeBack: WriteBack;
  readonly #connection: Connection;
  readonly #columns = new Map<PendingColumn, ColumnCache>();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.pending = PendingColumns.of(connection.shared);
    this.writeBack = new WriteBack(connection, this.pending, 'ColumnVault');
  }

  /** One cache for each column of the vault. */
  column(store: ColumnStore, shape: { elemSize: number; element: ElementInfo | undefined }): ColumnCache {
    const pending = this.pending.column(store, shape);
    let cache = this.#columns.get(pending);
    if (!cache) {
      cache = new ColumnCache(this.#connection, this.writeBack, pending);
      this.#columns.set(pending, cache);
    }
    return cache;
  }

  /** Before the vault closes. */
  close(): void {
    this.writeBack.close();
    for (const column of this.#columns.values()) column.writeBack.close();
  }
}
