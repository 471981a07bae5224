import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { unlessAborted } from '../abort.ts';
import { chunkBytes } from '../chunk-bytes.ts';
import type { StreamContext } from '../stream-context.ts';
import type { Chunks } from './sources.ts';
import { Spool } from './spool.ts';

export interface SpoolOptions {
  /** The number of bytes expected, if it is known. */
  readonly size: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number, total?: number) => void) | undefined;
}

/**
 * Writes all chunks of a source into a spool file. If that fails, or more bytes come than expected, it removes the
 * file.
 */
export async function spoolSource(context: StreamContext, chunks: Chunks, options: SpoolOptions): Promise<Spool> {
  const { size, signal, onProgress } = options;
  const spool = new Spool(context.connection);
  const iterator = chunks.open();
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      // A promise for each step: one for all of them would keep every chunk until the end.
      const step = await unlessAborted(Promise.resolve(iterator.next()).catch(markEnded), signal);
      if (step.done) {
        ended = true;
        return spool;
      }
      const bytes = chunkBytes(step.value, 'a chunk of the source');
      const total = spool.size + bytes.length;
      if (size !== undefined && total > size) {
        throw new InvalidArgument(`the source is too long: it has given ${total} bytes; expected ${size}`);
      }
      await spool.append(bytes);
      onProgress?.(spool.size, size);
    }
  } catch (error) {
    await spool.close();
    // Not awaited: a source that hangs would not answer.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
    throw error;
  }

  function markEnded(error: unknown): never {
    ended = true;
    throw error;
  }
}
