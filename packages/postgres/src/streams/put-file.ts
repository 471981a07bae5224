import {
  type Chunks,
  type Content,
  checkPutOptions,
  checkSize,
  EXPIRY_RULES,
  type Key,
  lifetimeOf,
  openSource,
  readSource,
} from '@kohakuvault/kvault/internal';
import type { VaultContext } from '../kvault/vault-context.ts';
import { besideCommit, type PostgresPutFileOptions, splitOnCommit } from './on-commit.ts';
import { checkStream, type StreamKey, streamKey } from './stream-key.ts';
import { ValueSink } from './value-sink.ts';

/** Stores all bytes of a source as the key's value, however many: all of them or, if anything fails, nothing. */
export async function putFile(
  context: VaultContext,
  key: Key | StreamKey,
  source: unknown,
  given: PostgresPutFileOptions | undefined,
  ttl: number,
): Promise<number> {
  checkStream(context, 'putFile', 'write');
  const target = streamKey(key);
  const { others, onCommit } = splitOnCommit('putFile', given);
  const options = checkPutOptions('putFile', others, EXPIRY_RULES);
  const { chunkSize, size: expected, signal: givenSignal, onProgress } = options;
  const life = lifetimeOf('putFile', options, ttl);
  givenSignal?.throwIfAborted();
  const opened = openSource(source);
  const content = 'content' in opened ? opened.content : undefined;
  const chunks = 'chunks' in opened ? opened.chunks : chunksOf(opened.content, chunkSize ?? context.options.chunkSize);
  const { signal, release } = context.signalWith(givenSignal);
  const sink = new ValueSink(context, target);
  try {
    if (content) checkSize(content.size, expected);
    await context.ready();
    const size = expected ?? chunks.size;
    await readSource(chunks, { size, signal }, async (bytes) => {
      await sink.append(bytes);
      onProgress?.(sink.size, size);
    });
    checkSize(sink.size, size);
    signal.throwIfAborted();
    await sink.commit(
      life,
      besideCommit(context, onCommit, () => ({ key: target.given, size: sink.size })),
    );
    return sink.size;
  } catch (error) {
    await sink.abort();
    throw error;
  } finally {
    release();
    content?.close();
  }
}

function chunksOf(content: Content, chunkSize: number): Chunks {
  function* read(): Generator<Buffer> {
    for (let done = 0; done < content.size; ) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkSize, content.size - done));
      const count = content.read(chunk, done);
      // A file that has become shorter: its length is compared in the end.
      if (count === 0) return;
      done += count;
      yield chunk.subarray(0, count);
    }
  }
  return { size: content.size, open: read };
}
