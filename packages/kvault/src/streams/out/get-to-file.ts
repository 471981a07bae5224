import type { Key } from '../../keys/keys.ts';
import { endedWithVault } from '../in/store.ts';
import { checkGetOptions, type GetToFileOptions } from '../options.ts';
import { type StreamHost, streamKey } from '../stream-context.ts';
import { openValue } from './open-value.ts';
import type { StoredValue } from './stored-value.ts';
import { openTarget } from './targets.ts';

/** Writes the value, as it is now, to a target; how many bytes it has. */
export async function getToFile(
  host: StreamHost,
  key: Key,
  target: unknown,
  given: GetToFileOptions | undefined,
): Promise<number> {
  host.connection.assertOpen();
  const source = streamKey(key);
  const options = checkGetOptions(given);
  options.signal?.throwIfAborted();
  const sink = openTarget(target);
  const chunkSize = sink.keepsChunks ? host.givenChunkSize(options.chunkSize) : host.chunkSize(options.chunkSize);
  const value = openValue(host, source);
  const { signal, release } = endedWithVault(host, options.signal);
  try {
    const memory = sink.keepsChunks ? undefined : Buffer.allocUnsafeSlow(Math.min(chunkSize, value.size));
    await sink.take(chunksOf(value, { chunkSize, memory, signal, onProgress: options.onProgress }), signal);
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

interface Reading {
  readonly chunkSize: number;
  /** Used for every chunk, where nobody keeps one. */
  readonly memory: Buffer | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: GetToFileOptions['onProgress'];
}

async function* chunksOf(
  value: StoredValue,
  { chunkSize, memory, signal, onProgress }: Reading,
): AsyncGenerator<Buffer> {
  const { setImmediate } = process.getBuiltinModule('node:timers/promises');
  for (let position = 0; position < value.size; ) {
    // Other callbacks run between two chunks.
    await setImmediate();
    signal.throwIfAborted();
    const length = Math.min(chunkSize, value.size - position);
    const chunk = memory?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
    const count = value.read(chunk, position);
    yield chunk.subarray(0, count);
    position += count;
    onProgress?.(position, value.size);
  }
}
