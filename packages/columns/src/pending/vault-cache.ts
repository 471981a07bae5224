import { type Connection, WriteBack } from '@kohakuvault/core-native/internal/database';
import type { ColumnStore } from '../elements/column-store.ts';
import { ColumnCache } from './column-cache.ts';
import type { PendingColumn } from './pending-column.ts';
import { PendingColumns } from './pending-columns.ts';
import type { ElementFormat } from './pending-elements.ts';

/** The write-back caches of one vault: its own, and one for each column. */
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

  /** Returns the cache of a column. */
  column(store: ColumnStore, format: ElementFormat): ColumnCache {
    const pending = this.pending.column(store, format);
    let cache = this.#columns.get(pending);
    if (!cache) {
      cache = new ColumnCache(this.#connection, this.writeBack, pending);
      this.#columns.set(pending, cache);
    }
    return cache;
  }

  /** Writes everything pending, before the vault closes. */
  close(): void {
    this.writeBack.close();
    for (const column of this.#columns.values()) column.writeBack.close();
  }
}
