import { resolve } from 'node:path';
import { nativeCore } from '@kohakuvault/core-native';
import { type BlobSite, type Connection, type Database, openDatabase } from '@kohakuvault/core-native/database';
import { type StreamHost, type StreamKey, siteOf } from './host.ts';
import { frontLength, missing, type StoredValue } from './stored-value.ts';

/** The page cache of a connection that reads one value once, in KiB. */
const CACHE_KB = 2 * 1024;

/** Whether another connection can read what this one sees, and keep it while others write: a file, in WAL mode. */
export function canReadPrivately({ shared }: Connection): boolean {
  const { database } = shared;
  return (
    !database.memory &&
    !database.inTransaction &&
    database.name !== '' &&
    database.pragma('journal_mode', { simple: true }) === 'wal'
  );
}

/** A value as it was when this was made, whatever is written since: read in a snapshot of a connection of its own. */
export class PrivateValue implements StoredValue {
  readonly size: number;
  readonly #database: Database;
  readonly #site: BlobSite;
  readonly #key: Buffer;
  readonly #front: number;

  constructor(host: StreamHost, key: StreamKey) {
    const { shared } = host.connection;
    // By the constructor of the vault's own database: there is never another SQLite on the file.
    const Database = shared.database.constructor as new (path: string, options: object) => Database;
    this.#key = key.bytes;
    this.#database = new Database(resolve(shared.database.name), {
      readonly: true,
      timeout: shared.options.busyTimeout,
    });
    try {
      this.#database.pragma(`cache_size = -${CACHE_KB}`);
      this.#database.pragma('mmap_size = 0');
      const connection = openDatabase(this.#database);
      nativeCore().binding.holdSnapshot(connection.handle);
      this.#site = siteOf(connection, host.table);
      const stored = this.#site.size(key.bytes);
      if (stored === undefined) throw missing(host, key);
      const first = Buffer.alloc(Math.min(stored, 10));
      this.#site.read(key.bytes, first);
      this.#front = frontLength(host, key, first);
      this.size = stored - this.#front;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  read(target: Uint8Array, offset: number): number {
    return this.#site.read(this.#key, target, this.#front + offset);
  }

  close(): void {
    this.#database.close();
  }
}
