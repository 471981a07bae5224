import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { unlessAborted } from '../abort.ts';
import { chunkBytes } from '../chunk-bytes.ts';
import type { Chunks } from './sources.ts';

export interface SourceOptions {
  /** The number of bytes expected, if it is known. */
  readonly size: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Hands each chunk of a source to `take`, one after another. Refuses more bytes than expected. If anything fails, the
 * source is ended.
 */
export async function readSource(
  chunks: Chunks,
  { size, signal }: SourceOptions,
  take: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  const iterator = chunks.open();
  let total = 0;
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      // A promise for each step: one for all of them would keep every chunk until the end.
      const step = await unlessAborted(Promise.resolve(iterator.next()).catch(markEnded), signal);
      if (step.done) {
        ended = true;
        return;
      }
      const bytes = chunkBytes(step.value, 'a chunk of the source');
      total += bytes.length;
      if (size !== undefined && total > size) {
        throw new InvalidArgument(`the source is too long: it has given ${total} bytes; expected ${size}`);
      }
      await take(bytes);
    }
  } catch (error) {
    // Not awaited: a source that hangs would not answer.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
    throw error;
  }

  function markEnded(error: unknown): never {
    ended = true;
    throw error;
  }
}
