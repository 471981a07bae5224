import { checkGetOptions, type GetToFileOptions, type Key, openTarget } from '@kohakuvault/kvault/internal';
import type { VaultContext } from '../kvault/vault-context.ts';
import { openValue } from './stored-value.ts';
import { checkStream, type StreamKey, streamKey } from './stream-key.ts';

/** Writes a value, as it is now, to a target. Returns how many bytes it has. */
export async function getToFile(
  context: VaultContext,
  key: Key | StreamKey,
  target: unknown,
  given: GetToFileOptions | undefined,
): Promise<number> {
  checkStream(context, 'getToFile', 'read');
  const source = streamKey(key);
  const { signal: givenSignal, onProgress, chunkSize = context.options.chunkSize } = checkGetOptions(given);
  givenSignal?.throwIfAborted();
  const sink = openTarget(target);
  const { signal, release } = context.signalWith(givenSignal);
  try {
    const value = await openValue(context, source);
    const chunks = async function* (): AsyncGenerator<Buffer, void, undefined> {
      let done = 0;
      for await (const piece of value.pieces(0, value.size)) {
        for (let at = 0; at < piece.length; at += chunkSize) {
          signal.throwIfAborted();
          const chunk = piece.subarray(at, at + chunkSize);
          yield chunk;
          done += chunk.length;
          onProgress?.(done, value.size);
        }
      }
      signal.throwIfAborted();
    };
    await sink.write(chunks(), signal);
    return value.size;
  } catch (error) {
    // A pipeline reports an abort by an error of its own.
    signal.throwIfAborted();
    throw error;
  } finally {
    release();
  }
}
