import type { Connection } from '@kohakuvault/core-native/database';

/** Notices when a vault of this thread gives one key another value, or none. */
export class Watch {
  readonly shared: object;
  readonly table: string;
  readonly key: Buffer;
  replaced = false;

  constructor(connection: Connection, table: string, key: Buffer) {
    this.shared = connection.shared;
    this.table = table;
    this.key = key;
    watches.add(new WeakRef(this));
  }

  end(): void {
    for (const held of watches) if (held.deref() === this) watches.delete(held);
  }
}

/** Held weakly: who forgets to close a handle loses no more than its memory. */
const watches = new Set<WeakRef<Watch>>();

/** To be called with each key written, or without one where all of the table is. */
export function noteReplaced(connection: Connection, table: string, key?: string | Uint8Array): void {
  if (watches.size === 0) return;
  const { shared } = connection;
  const bytes = key === undefined ? undefined : Buffer.from(key as string);
  for (const held of watches) {
    const watch = held.deref();
    if (!watch) watches.delete(held);
    else if (watch.shared === shared && watch.table === table && (!bytes || watch.key.equals(bytes))) {
      watch.replaced = true;
    }
  }
}
