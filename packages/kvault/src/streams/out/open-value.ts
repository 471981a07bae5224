import type { StreamHost, StreamKey } from '../stream-context.ts';
import { canReadPrivately, PrivateValue } from './private-value.ts';
import { frontLength, MemoryValue, missing, type StoredValue } from './stored-value.ts';
import { WatchedValue } from './watched-value.ts';

/** Opens a value for reading it once, chunk by chunk: as it is now, in the way that costs least. */
export function openValue(host: StreamHost, key: StreamKey): StoredValue {
  const pending = host.setup.entries.pending.get(key.bytes);
  if (pending) {
    if (!pending.value) throw missing(host, key);
    return inMemory(host, key, pending.value);
  }
  const short = readShort(host, key);
  if (short) return inMemory(host, key, short);
  return canReadPrivately(host.connection) ? new PrivateValue(host, key) : new WatchedValue(host, key);
}

/** The stored bytes of a value that is no longer than a chunk. */
function readShort(host: StreamHost, key: StreamKey): Buffer | undefined {
  const { connection, values, setup } = host;
  return connection.snapshot(() => {
    const extent = values.extentOf(key.bytes);
    if (extent === undefined) throw missing(host, key);
    if (extent.size > setup.chunkSize) return undefined;
    const bytes = Buffer.allocUnsafeSlow(extent.size);
    values.read(key.bytes, extent, bytes, 0);
    return bytes;
  });
}

function inMemory(host: StreamHost, key: StreamKey, stored: Uint8Array): MemoryValue {
  return new MemoryValue(stored.subarray(frontLength(host, key, stored)));
}
