import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { type Connection, type Database, harden, openDatabase } from '@kohakuvault/core-native/internal/database';
import { type Extent, ValueBytes } from '../../values/value-bytes.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { firstBytes, frontLength, missing, type ReadableValue, replaced } from './readable-value.ts';

/** The page cache of a connection that reads one value once, in KiB. */
const CACHE_KB = 2 * 1024;

/** The longest row whose bytes are compared after the snapshot was given up. */
const LONGEST_COMPARED = 8 * 1024 * 1024;

/** How long a stream keeps a snapshot by default, in milliseconds. */
export const HOLD_MS = 10_000;

/** The id of the parts of a value, or a digest of its row. */
interface RowState {
  readonly id: string | undefined;
  readonly digest: string | undefined;
}

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
  readonly #context: StreamContext;
  readonly #streamKey: StreamKey;
  readonly #holdMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** What the row held when the snapshot was given up; undefined while there is one. */
  #before: RowState | undefined;

  constructor(context: StreamContext, key: StreamKey, holdMs: number) {
    this.#context = context;
    this.#streamKey = key;
    this.#holdMs = holdMs;
    const { shared } = context.connection;
    // The constructor of the vault's own database, so that no other SQLite opens the file.
    const Database = shared.database.constructor as new (path: string, options: object) => Database;
    this.#key = key.bytes;
    const options = { readonly: true, timeout: shared.options.busyTimeout };
    this.#database = context.connection.read(() => new Database(shared.file, options));
    try {
      context.connection.read(() => this.#database.pragma(`cache_size = -${CACHE_KB}`));
      context.connection.read(() => this.#database.pragma('mmap_size = 0'));
      if (shared.untrusted) context.connection.read(() => harden(this.#database));
      const connection = openDatabase(this.#database);
      nativeCore().binding.holdSnapshot(connection.handle);
      this.#values = new ValueBytes(connection, context.table);
      const extent = this.#values.extentOf(key.bytes);
      if (!extent) throw missing(context, key);
      this.#extent = extent;
      this.#front = frontLength(context, key, firstBytes(this.#values, key.bytes, extent));
      this.size = extent.size - this.#front;
      this.#limitHold();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Returns undefined if the value cannot be read this way: there is none, or no further file can be opened. */
  static tryOpen(context: StreamContext, key: StreamKey, holdMs: number): PrivateValue | undefined {
    try {
      return new PrivateValue(context, key, holdMs);
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
    this.#resume();
    return this.#values.read(this.#key, this.#extent, target, this.#front + offset);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#database.close();
  }

  /** Gives the snapshot up after a while, so that the WAL does not grow for as long as a reader stalls. */
  #limitHold(): void {
    const { manifest, size } = this.#extent;
    // The bytes of a long row would have to be compared, which takes long.
    if (!manifest && size > LONGEST_COMPARED) return;
    const held = new WeakRef(this);
    this.#timer = setTimeout(() => {
      const value = held.deref();
      if (value) value.#letGo();
    }, this.#holdMs).unref();
  }

  #letGo(): void {
    if (!this.#database.open) return;
    try {
      this.#before = this.#state();
      nativeCore().binding.releaseSnapshot(this.#values.connection.handle);
    } catch {
      // The next read reports what is wrong with the file.
      this.#before = undefined;
    }
  }

  /** Begins a snapshot again, if the value is still the same. */
  #resume(): void {
    const before = this.#before;
    if (!before) return;
    nativeCore().binding.holdSnapshot(this.#values.connection.handle);
    const now = this.#state();
    if (!now || now.id !== before.id || now.digest !== before.digest) throw replaced(this.#context, this.#streamKey);
    this.#before = undefined;
    this.#limitHold();
  }

  /** Returns what distinguishes the value in the snapshot from all others; undefined without one. */
  #state(): RowState | undefined {
    const extent = this.#values.extentOf(this.#key);
    if (!extent) return undefined;
    if (extent.manifest) return { id: extent.manifest.id.toString('hex'), digest: undefined };
    if (extent.size > LONGEST_COMPARED) return undefined;
    const bytes = Buffer.allocUnsafeSlow(extent.size);
    this.#values.read(this.#key, extent, bytes, 0);
    const { createHash } = process.getBuiltinModule('node:crypto');
    return { id: undefined, digest: createHash('sha256').update(bytes).digest('hex') };
  }
}
