import type { Readable } from 'node:stream';
import { checkReadOptions, type Key, type ReadStreamOptions } from '@kohakuvault/kvault/internal';
import type { VaultContext } from '../kvault/vault-context.ts';
import { openValue } from './stored-value.ts';
import { checkStream, type StreamKey, streamKey } from './stream-key.ts';

/** Returns a stream of a value's bytes, or of a range of them, as they are when it begins. */
export function createReadStream(
  context: VaultContext,
  key: Key | StreamKey,
  given: ReadStreamOptions | undefined,
): Readable {
  context.assertOpen();
  checkStream(context, 'createReadStream', 'read');
  const source = streamKey(key);
  const options = checkReadOptions(given);
  options.signal?.throwIfAborted();
  const { start = 0, end = Number.MAX_SAFE_INTEGER - 1, chunkSize = context.options.chunkSize } = options;

  async function* chunks(): AsyncGenerator<Buffer, void, undefined> {
    const value = await openValue(context, source);
    for await (const piece of value.pieces(start, Math.min(end + 1, value.size))) {
      for (let at = 0; at < piece.length; at += chunkSize) yield piece.subarray(at, at + chunkSize);
    }
  }

  const { Readable } = process.getBuiltinModule('node:stream');
  const stream = Readable.from(chunks(), { objectMode: false, highWaterMark: chunkSize });
  const release = context.endWith(options.signal, (reason) => stream.destroy(reason));
  stream.once('close', release);
  return stream;
}
