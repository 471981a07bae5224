import { detailOf, KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import { type Connection, type Database, harden, openDatabase } from '@kohakuvault/core-native/internal/database';
import { type Extent, ValueBytes } from '../../values/value-bytes.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { firstBytes, frontLength, missing, type ReadableValue, replaced } from './readable-value.ts';

/** The page cache of a connection that reads one value once, in KiB. */
const CACHE_KB = 2 * 1024;

/** The longest row whose bytes are compared after the snapshot was given up. */
const LONGEST_COMPARED = 8 * 1024 * 1024;

/** From this length on, in bytes, the WAL must begin at its front again. */
const LONG_WAL = 64 * 1024 * 1024;

/** How many bytes of rows are kept in memory at most, so that the WAL does not grow further. */
const MOST_KEPT = 64 * 1024 * 1024;
let kept = 0;

/** How far a long row is walked at a time. SQLite reads each page of a row before it finds a byte behind it. */
const STRIDE = 8 * 1024 * 1024;

/** How long a stream keeps a snapshot by default, in milliseconds. */
export const HOLD_MS = 10_000;

/** The id of the parts of a value, or a digest of its row. */
interface RowState {
  readonly id: string | undefined;
  readonly digest: string | undefined;
}

function isKeyMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'KV_WRONG_KEY' || detailOf(error) === 'not-a-database';
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
  /** Whether the snapshot is given up as soon as the WAL is long. */
  readonly #yields: boolean;
  readonly #byte = Buffer.alloc(1);
  /** How far the row has been walked. The kept BLOB handle knows the pages up to there. */
  #walked = 0;
  #timer: NodeJS.Timeout | undefined;
  /** What the row held when the snapshot was given up; undefined while there is one. */
  #before: RowState | undefined;
  /** The whole row, if it was read ahead because the WAL is long. */
  #row: Buffer | undefined;

  /** `holdMs` is what the user asked for. */
  constructor(context: StreamContext, key: StreamKey, holdMs: number | undefined) {
    this.#context = context;
    this.#streamKey = key;
    this.#holdMs = holdMs ?? HOLD_MS;
    this.#yields = holdMs === undefined;
    this.#key = key.bytes;
    this.#database = context.connection.read(() => context.connection.shared.openAgain({ readonly: true }));
    try {
      context.connection.read(() => this.#database.pragma(`cache_size = -${CACHE_KB}`));
      context.connection.read(() => this.#database.pragma('mmap_size = 0'));
      if (context.connection.shared.options.untrusted) context.connection.read(() => harden(this.#database));
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

  /**
   * Opens the value this way; undefined if nobody but the vault's own connection can read the file, whose key we do not
   * know.
   */
  static openUnlessLocked(context: StreamContext, key: StreamKey, holdMs?: number): PrivateValue | undefined {
    try {
      return new PrivateValue(context, key, holdMs);
    } catch (error) {
      if (isKeyMissing(error)) return undefined;
      throw error;
    }
  }

  /** Returns undefined if the value cannot be read this way: there is none, or no further file can be opened. */
  static tryOpen(context: StreamContext, key: StreamKey, holdMs?: number): PrivateValue | undefined {
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
    const at = this.#front + offset;
    if (this.#row) return this.#row.copy(target, 0, at);
    this.#resume();
    const count = this.#values.read(this.#key, this.#extent, target, at);
    if (this.#yields && this.#context.connection.shared.walLength > LONG_WAL) this.#makeWay();
    return count;
  }

  approach(offset: number): boolean {
    const at = this.#front + offset;
    if (this.#extent.manifest || at - this.#walked <= STRIDE) {
      this.#walked = Math.max(this.#walked, at);
      return true;
    }
    this.#walked += STRIDE;
    this.#resume();
    this.#values.read(this.#key, this.#extent, this.#byte, this.#walked);
    return false;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#database.close();
    kept -= this.#row?.length ?? 0;
    this.#row = undefined;
  }

  /**
   * Gives the snapshot up between two reads, because streams that overlap would never let the WAL begin at its front.
   * Of parts the next read sees by their id whether they are the same. A row is read to its end instead.
   */
  #makeWay(): void {
    const { manifest, size } = this.#extent;
    if (manifest) {
      this.#letGo();
      return;
    }
    if (size > LONGEST_COMPARED || kept + size > MOST_KEPT) return;
    const row = Buffer.allocUnsafeSlow(size);
    this.#values.read(this.#key, this.#extent, row, 0);
    kept += size;
    this.#row = row;
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
    if (!this.#database.open || this.#before) return;
    try {
      const { manifest } = this.#extent;
      this.#before = manifest ? { id: manifest.id.toString('hex'), digest: undefined } : this.#state();
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
