import type { Key } from '../../keys/keys.ts';
import { checkGetOptions, type GetToFileOptions } from '../options.ts';
import { type StreamContext, streamKey } from '../stream-context.ts';
import { openValue } from './open-value.ts';
import type { ReadableValue } from './readable-value.ts';
import { openTarget } from './targets.ts';

/** Writes the value, as it is now, to a target. Returns how many bytes it has. */
export async function getToFile(
  context: StreamContext,
  key: Key,
  target: unknown,
  given: GetToFileOptions | undefined,
): Promise<number> {
  context.connection.assertOpen();
  context.checkStream('getToFile', 'read');
  const source = streamKey(key);
  const options = checkGetOptions(given);
  options.signal?.throwIfAborted();
  const sink = openTarget(target);
  const chunkSize = sink.keepsChunks ? context.givenChunkSize(options.chunkSize) : context.chunkSize(options.chunkSize);
  const value = openValue(context, source, options.holdMs);
  const { signal, release } = context.signalWith(options.signal);
  try {
    const memory = sink.keepsChunks ? undefined : Buffer.allocUnsafeSlow(Math.min(chunkSize, value.size));
    await sink.write(chunksOf(value, { chunkSize, memory, signal, onProgress: options.onProgress }), signal);
    return value.size;
  } catch (error) {
    // A pipeline reports an abort by an error of its own.
    signal.throwIfAborted();
    throw error;
  } finally {
    release();
    value.close();
  }
}

interface Reading {
  readonly chunkSize: number;
  /** The memory of every chunk, if the sink keeps none. */
  readonly memory: Buffer | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: GetToFileOptions['onProgress'];
}

async function* chunksOf(
  value: ReadableValue,
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
