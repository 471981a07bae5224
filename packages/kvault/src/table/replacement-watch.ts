import { type Access, tableKey } from '@kohakuvault/core-native/internal/database';
import type { CheckedKey } from '../keys/keys.ts';

/** Notices when a vault of this thread gives one key another value, or none. */
export class Watch {
  readonly shared: object;
  /** As SQLite compares names. */
  readonly table: string;
  readonly key: Buffer;
  replaced = false;

  constructor(connection: Access, table: string, key: Buffer) {
    this.shared = connection.shared;
    this.table = tableKey(table);
    this.key = key;
    watches.add(new WeakRef(this));
  }

  end(): void {
    for (const held of watches) if (held.deref() === this) watches.delete(held);
  }
}

/** Held weakly: who forgets to close a handle loses no more than its memory. */
const watches = new Set<WeakRef<Watch>>();

/** To be called with each key written, with what tells which keys were, or without either where all of the table is. */
export function noteReplaced(
  connection: Access,
  table: string,
  written?: CheckedKey | ((key: Buffer) => boolean),
): void {
  if (watches.size === 0) return;
  const { shared } = connection;
  const name = tableKey(table);
  const key = written === undefined || typeof written === 'function' ? undefined : Buffer.from(written as string);
  for (const held of watches) {
    const watch = held.deref();
    if (!watch) watches.delete(held);
    else if (watch.shared === shared && watch.table === name) {
      const replaced = typeof written === 'function' ? written(watch.key) : !key || watch.key.equals(key);
      if (replaced) watch.replaced = true;
    }
  }
}
