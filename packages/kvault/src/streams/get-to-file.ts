import { setImmediate } from 'node:timers/promises';
import type { Key } from '../keys.ts';
import { type StreamHost, streamKey } from './host.ts';
import { openValue } from './open-value.ts';
import { checkGetOptions, type GetToFileOptions } from './options.ts';
import { endedWithVault } from './store.ts';
import type { StoredValue } from './stored-value.ts';
import { openTarget } from './targets.ts';

/** Writes the value, as it is now, to a target; how many bytes it has. */
export async function getToFile(
  host: StreamHost,
  key: Key,
  target: unknown,
  given: GetToFileOptions | undefined,
): Promise<number> {
  host.connection.handle; // throws where the vault is closed
  const source = streamKey(key);
  const options = checkGetOptions(given);
  options.signal?.throwIfAborted();
  const sink = openTarget(target);
  const chunkSize = host.chunkSize(options.chunkSize);
  const value = openValue(host, source, chunkSize);
  const { signal, release } = endedWithVault(host, options.signal);
  try {
    await sink(chunksOf(value, chunkSize, signal, options.onProgress), signal);
    return value.size;
  } catch (error) {
    // A pipeline has an error of its own for it.
    signal.throwIfAborted();
    throw error;
  } finally {
    release();
    value.close();
  }
}

async function* chunksOf(
  value: StoredValue,
  chunkSize: number,
  signal: AbortSignal,
  onProgress: GetToFileOptions['onProgress'],
): AsyncGenerator<Buffer> {
  for (let position = 0; position < value.size; ) {
    // Other callbacks run between two chunks.
    await setImmediate();
    signal.throwIfAborted();
    const chunk = Buffer.allocUnsafeSlow(Math.min(chunkSize, value.size - position));
    const count = value.read(chunk, position);
    yield chunk.subarray(0, count);
    position += count;
    onProgress?.(position, value.size);
  }
}
