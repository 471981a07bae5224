import type { Key } from '../../keys/keys.ts';
import type { Content } from '../content.ts';
import { checkPutOptions, type PutFileOptions } from '../options.ts';
import { type StreamHost, streamKey } from '../stream-context.ts';
import { openSource } from './sources.ts';
import { gather } from './spool-source.ts';
import { checkSize, endedWithVault, store } from './store.ts';

/**
 * Stores everything a source gives as the key's value, however long: the whole of it or, where anything fails, nothing.
 * What can be read at once is copied directly; the rest is gathered in a spool file first.
 */
export async function putFile(
  host: StreamHost,
  key: Key,
  source: unknown,
  given: PutFileOptions | undefined,
): Promise<number> {
  host.connection.checkWritable();
  const target = streamKey(key);
  const options = checkPutOptions('putFile', given);
  options.signal?.throwIfAborted();
  const opened = openSource(source);
  const { signal, release } = endedWithVault(host, options.signal);
  const chunkSize = host.chunkSize(options.chunkSize);
  const { onProgress } = options;

  const copy = async (content: Content, progress: ((done: number) => void) | undefined) => {
    checkSize(content.size, options.size);
    // No await where it has happened already: a copy that belongs to an open transaction must not leave it.
    const pending = store(host, target, content, { chunkSize, signal, onProgress: progress });
    if (pending) await pending;
    return content.size;
  };

  try {
    if ('content' in opened) {
      const { content } = opened;
      try {
        return await copy(content, onProgress && ((done) => onProgress(done, content.size)));
      } finally {
        content.close();
      }
    }
    const { chunks } = opened;
    const size = options.size ?? chunks.size;
    const spool = await gather(host, chunks, { size, signal, onProgress });
    try {
      // The progress has been told while the source was read.
      checkSize(spool.size, size);
      return await copy(spool.content(), undefined);
    } finally {
      await spool.close();
    }
  } finally {
    release();
  }
}
