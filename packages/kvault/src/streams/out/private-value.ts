import { nativeCore } from '@kohakuvault/core-native/internal';
import { type Connection, type Database, openDatabase } from '@kohakuvault/core-native/internal/database';
import { type Extent, StoredValues } from '../../values/stored-values.ts';
import type { StreamHost, StreamKey } from '../stream-context.ts';
import { firstBytes, frontLength, missing, type StoredValue } from './stored-value.ts';

/** The page cache of a connection that reads one value once, in KiB. */
const CACHE_KB = 2 * 1024;

/** Whether another connection can read what this one sees, and keep it while others write: a file, in WAL mode. */
export function canReadPrivately(connection: Connection): boolean {
  const { database, file } = connection.shared;
  return (
    file !== '' && !database.inTransaction && connection.query('PRAGMA journal_mode', { pluck: true }).get() === 'wal'
  );
}

/** A value as it was when this was made, whatever is written since: read in a snapshot of a connection of its own. */
export class PrivateValue implements StoredValue {
  readonly size: number;
  readonly #database: Database;
  readonly #values: StoredValues;
  readonly #extent: Extent;
  readonly #key: Buffer;
  readonly #front: number;

  constructor(host: StreamHost, key: StreamKey) {
    const { shared } = host.connection;
    // By the constructor of the vault's own database: there is never another SQLite on the file.
    const Database = shared.database.constructor as new (path: string, options: object) => Database;
    this.#key = key.bytes;
    const options = { readonly: true, timeout: shared.options.busyTimeout };
    this.#database = host.connection.read(() => new Database(shared.file, options));
    try {
      host.connection.read(() => this.#database.pragma(`cache_size = -${CACHE_KB}`));
      host.connection.read(() => this.#database.pragma('mmap_size = 0'));
      const connection = openDatabase(this.#database);
      nativeCore().binding.holdSnapshot(connection.handle);
      this.#values = new StoredValues(connection, host.table);
      const extent = this.#values.extentOf(key.bytes);
      if (!extent) throw missing(host, key);
      this.#extent = extent;
      this.#front = frontLength(host, key, firstBytes(this.#values, key.bytes, extent));
      this.size = extent.size - this.#front;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  read(target: Uint8Array, offset: number): number {
    return this.#values.read(this.#key, this.#extent, target, this.#front + offset);
  }

  close(): void {
    this.#database.close();
  }
}
