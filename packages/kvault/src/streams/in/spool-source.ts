import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { bytesOf, type StreamHost } from '../stream-context.ts';
import type { Chunks } from './sources.ts';
import { Spool } from './spool.ts';

export interface GatherOptions {
  /** How many bytes are expected, where that is known. */
  readonly size: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number, total?: number) => void) | undefined;
}

/** Gathers all chunks of a source in a spool. Where it fails, or more comes than was said, nothing is left. */
export async function gather(host: StreamHost, chunks: Chunks, options: GatherOptions): Promise<Spool> {
  const { size, signal, onProgress } = options;
  const spool = new Spool(host.connection);
  const iterator = chunks.open();
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const step = await unlessAborted(Promise.resolve(iterator.next()).catch(markEnded), signal);
      if (step.done) {
        ended = true;
        return spool;
      }
      const bytes = bytesOf(step.value, 'a chunk of the source');
      if (size !== undefined && spool.size + bytes.length > size) {
        throw new InvalidArgument(
          `the source is too long: it has given ${spool.size + bytes.length} bytes; expected ${size}`,
        );
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

/** What the promise gives, or the signal's reason where that comes first: a source that hangs can be left. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: (() => void) | undefined;
  // A promise for each step: one for all of them would keep every chunk until the end.
  const left = new Promise<never>((_, fail) => {
    leave = () => fail(signal.reason);
    // The source itself may just have done it.
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
  });
  try {
    return await Promise.race([promise, left]);
  } finally {
    if (leave) signal.removeEventListener('abort', leave);
  }
}
