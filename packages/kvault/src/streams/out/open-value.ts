import type { StreamContext, StreamKey } from '../stream-context.ts';
import { canReadPrivately, PrivateValue } from './private-value.ts';
import { frontLength, MemoryValue, missing, type ReadableValue } from './readable-value.ts';
import { WatchedValue } from './watched-value.ts';

/** Opens a value, as it is now, to be read once, chunk by chunk. It chooses the way that costs least. */
export function openValue(context: StreamContext, key: StreamKey): ReadableValue {
  const pending = context.entries.pending.get(key.bytes);
  if (pending) {
    if (!pending.value) throw missing(context, key);
    return inMemory(context, key, pending.value);
  }
  const short = readShort(context, key);
  if (short) return inMemory(context, key, short);
  return canReadPrivately(context.connection) ? new PrivateValue(context, key) : new WatchedValue(context, key);
}

/** Returns the stored bytes of a value; undefined if it is longer than a chunk. */
function readShort(context: StreamContext, key: StreamKey): Buffer | undefined {
  const { connection, values } = context;
  return connection.snapshot(() => {
    const extent = values.extentOf(key.bytes);
    if (extent === undefined) throw missing(context, key);
    if (extent.size > context.chunkSize(undefined)) return undefined;
    const bytes = Buffer.allocUnsafeSlow(extent.size);
    values.read(key.bytes, extent, bytes, 0);
    return bytes;
  });
}

function inMemory(context: StreamContext, key: StreamKey, stored: Uint8Array): MemoryValue {
  return new MemoryValue(stored.subarray(frontLength(context, key, stored)));
}
