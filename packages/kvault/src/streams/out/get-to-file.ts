import type { Key } from '../../keys/keys.ts';
import { checkGetOptions, type GetToFileOptions } from '../options.ts';
import { type StreamContext, type StreamKey, streamKey } from '../stream-context.ts';
import { openValue } from './open-value.ts';
import type { ReadableValue } from './readable-value.ts';
import { openTarget } from './targets.ts';

/** Writes the value, as it is now, to a target. Returns how many bytes it has. */
export async function getToFile(
  context: StreamContext,
  key: Key | StreamKey,
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
    const memory = sink.keepsChunks ? [] : memoryFor(chunkSize, value.size);
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

/** Larger chunks are not read ahead: two of them would take too much memory. */
const LONGEST_AHEAD = 4 * 1024 * 1024;

/** Returns the memory of the chunks for a target that keeps none: of one or, if the next is read ahead, of two. */
function memoryFor(chunkSize: number, size: number): Buffer[] {
  const length = Math.min(chunkSize, size);
  const count = length < size && length <= LONGEST_AHEAD ? 2 : 1;
  return Array.from({ length: count }, () => Buffer.allocUnsafeSlow(length));
}

interface Reading {
  readonly chunkSize: number;
  /**
   * The memory that the chunks take in turn. With two, a chunk is read while the one before it is written, which
   * another thread does. Without any, each chunk gets its own.
   */
  readonly memory: readonly Buffer[];
  readonly signal: AbortSignal;
  readonly onProgress: GetToFileOptions['onProgress'];
}

async function* chunksOf(
  value: ReadableValue,
  { chunkSize, memory, signal, onProgress }: Reading,
): AsyncGenerator<Buffer> {
  const { setImmediate } = process.getBuiltinModule('node:timers/promises');
  const { size } = value;
  const isAhead = memory.length > 1;
  let hasEnded = false;
  const read = async (position: number, turn: number): Promise<Buffer> => {
    // Other callbacks run between two chunks.
    await setImmediate();
    const length = hasEnded ? 0 : Math.min(chunkSize, size - position);
    if (length === 0) return Buffer.alloc(0);
    signal.throwIfAborted();
    const chunk = memory[turn % memory.length]?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
    return chunk.subarray(0, value.read(chunk, position));
  };
  try {
    let ahead: Promise<Buffer> | undefined;
    for (let position = 0, turn = 0; position < size; turn++) {
      const chunk = await (ahead ?? read(position, turn));
      position += chunk.length;
      ahead = isAhead && position < size ? read(position, turn + 1) : undefined;
      // What it reports is thrown when it is awaited, unless the target has failed before.
      ahead?.catch(() => {});
      yield chunk;
      onProgress?.(position, size);
      if (position < size) signal.throwIfAborted();
    }
  } finally {
    hasEnded = true;
  }
}
