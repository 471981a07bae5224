import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { type Connection, type Database, openDatabase } from '@kohakuvault/core-native/internal/database';
import { type Extent, ValueBytes } from '../../values/value-bytes.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { firstBytes, frontLength, missing, type ReadableValue } from './readable-value.ts';

/** The page cache of a connection that reads one value once, in KiB. */
const CACHE_KB = 2 * 1024;

/** Returns whether another connection can read while others write: it must be a file in WAL mode. */
export function canReadPrivately(connection: Connection): boolean {
  const { file } = connection.shared;
  return file !== '' && connection.query('PRAGMA journal_mode', { pluck: true }).get() === 'wal';
}

/** A value as it was committed when this object was created. It is read in a snapshot of a connection of its own. */
export class PrivateValue implements ReadableValue {
  readonly size: number;
  readonly #database: Database;
  readonly #values: ValueBytes;
  readonly #extent: Extent;
  readonly #key: Buffer;
  readonly #front: number;

  constructor(context: StreamContext, key: StreamKey) {
    const { shared } = context.connection;
    // The constructor of the vault's own database, so that no other SQLite opens the file.
    const Database = shared.database.constructor as new (path: string, options: object) => Database;
    this.#key = key.bytes;
    const options = { readonly: true, timeout: shared.options.busyTimeout };
    this.#database = context.connection.read(() => new Database(shared.file, options));
    try {
      context.connection.read(() => this.#database.pragma(`cache_size = -${CACHE_KB}`));
      context.connection.read(() => this.#database.pragma('mmap_size = 0'));
      const connection = openDatabase(this.#database);
      nativeCore().binding.holdSnapshot(connection.handle);
      this.#values = new ValueBytes(connection, context.table);
      const extent = this.#values.extentOf(key.bytes);
      if (!extent) throw missing(context, key);
      this.#extent = extent;
      this.#front = frontLength(context, key, firstBytes(this.#values, key.bytes, extent));
      this.size = extent.size - this.#front;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Returns undefined if the value cannot be read this way: there is none, or no further file can be opened. */
  static tryOpen(context: StreamContext, key: StreamKey): PrivateValue | undefined {
    try {
      return new PrivateValue(context, key);
    } catch (error) {
      if (error instanceof KohakuVaultError) return undefined;
      throw error;
    }
  }

  /** Distinguishes the value from others of its key, if it is in parts. */
  get id(): Buffer | undefined {
    return this.#extent.manifest?.id;
  }

  read(target: Uint8Array, offset: number): number {
    return this.#values.read(this.#key, this.#extent, target, this.#front + offset);
  }

  close(): void {
    this.#database.close();
  }
}
