import type { Extent } from '../../values/value-bytes.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { canReadPrivately, PrivateValue } from './private-value.ts';
import { ReadAhead } from './read-ahead.ts';
import { firstBytes, frontLength, MemoryValue, missing, type ReadableValue } from './readable-value.ts';
import { UnsettledValue } from './unsettled-value.ts';
import { WatchedValue } from './watched-value.ts';

/** Rows up to this length are walked quickly. */
const LONG_ROW = 8 * 1024 * 1024;
/** The longest value that a stream keeps in memory if nothing else keeps it consistent. */
const LARGEST_COPY = 64 * 1024 * 1024;

/**
 * A range up to this length is read at once. To open and close a connection for it takes longer, and a stalled reader
 * holds no more memory than such a connection.
 */
const SHORT_RANGE = 256 * 1024;

/** What is read of a value: the bytes from `start` to `end`, which is the first one that is not read. */
export interface Wanted {
  readonly start: number;
  readonly end: number;
}

const ALL: Wanted = { start: 0, end: Number.POSITIVE_INFINITY };

/** Opens a value, as it is now, to be read once, chunk by chunk. It chooses the way that costs least. */
export function openValue(context: StreamContext, key: StreamKey, holdMs?: number, wanted = ALL): ReadableValue {
  if (context.entries.reads.hides(key.bytes)) throw missing(context, key);
  context.entries.noteRead?.(key.bytes);
  const pending = context.entries.pending.get(key.bytes);
  if (pending) {
    if (!pending.value) throw missing(context, key);
    return inMemory(context, key, pending.value);
  }
  const short = readShort(context, key, wanted);
  if (short) return short;
  const { connection } = context;
  if (!canReadPrivately(connection)) return ahead(new WatchedValue(context, key));
  const { database, snapshots } = connection.shared;
  if (snapshots.running) return openInSnapshot(context, key, holdMs);
  // Another connection does not see what this transaction writes.
  if (database.inTransaction) return new UnsettledValue(context, key, holdMs);
  return PrivateValue.openUnlessLocked(context, key, holdMs) ?? ahead(new WatchedValue(context, key));
}

/**
 * Opens a value in the body of `snapshot`. A connection of its own sees the newest state of the file. That is the
 * snapshot's if nobody has committed since. If somebody has, it is still the same value if its parts have the same id.
 */
function openInSnapshot(context: StreamContext, key: StreamKey, holdMs?: number): ReadableValue {
  const { connection, values } = context;
  const extent = values.extentOf(key.bytes);
  if (!extent) throw missing(context, key);
  const found = PrivateValue.tryOpen(context, key, holdMs);
  if (found) {
    const id = extent.manifest?.id;
    if (connection.shared.snapshots.isNewest || (id && found.id?.equals(id))) return found;
    found.close();
  }
  // Only this connection sees the value, and only until the body ends.
  if (extent.size <= LARGEST_COPY) return inMemory(context, key, bytesOf(context, key, extent));
  return new UnsettledValue(context, key, holdMs);
}

/** Reads a long row ahead, in longer pieces: SQLite walks the row from its first page for each of them. */
function ahead(value: WatchedValue): ReadableValue {
  return value.isRow && value.size > LONG_ROW ? new ReadAhead(value) : value;
}

/** Reads a value, or what is wanted of it, at once if that is short; returns undefined if it is not. */
function readShort(context: StreamContext, key: StreamKey, wanted: Wanted): MemoryValue | undefined {
  const { connection, values } = context;
  return connection.snapshot(() => {
    const extent = values.extentOf(key.bytes);
    if (extent === undefined) throw missing(context, key);
    if (extent.size <= context.chunkSize(undefined)) return inMemory(context, key, bytesOf(context, key, extent));
    // SQLite walks a row from its beginning.
    const isNear = extent.manifest !== undefined || wanted.end <= LONG_ROW;
    if (!isNear || wanted.end - wanted.start > SHORT_RANGE) return undefined;
    const front = frontLength(context, key, firstBytes(values, key.bytes, extent));
    const size = extent.size - front;
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(wanted.end, size) - wanted.start));
    values.read(key.bytes, extent, bytes, front + wanted.start);
    return new MemoryValue(bytes, { size, start: wanted.start });
  });
}

function bytesOf({ values }: StreamContext, key: StreamKey, extent: Extent): Buffer {
  const bytes = Buffer.allocUnsafeSlow(extent.size);
  values.read(key.bytes, extent, bytes, 0);
  return bytes;
}

function inMemory(context: StreamContext, key: StreamKey, stored: Uint8Array): MemoryValue {
  return new MemoryValue(stored.subarray(frontLength(context, key, stored)));
}
