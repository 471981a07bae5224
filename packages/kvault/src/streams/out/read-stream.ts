import type { Readable } from 'node:stream';
import type { Key } from '../../keys/keys.ts';
import { onForgotten } from '../forgotten.ts';
import { checkReadOptions, type ReadStreamOptions } from '../options.ts';
import { type StreamContext, type StreamKey, streamKey } from '../stream-context.ts';
import { openValue } from './open-value.ts';
import type { ReadableValue } from './readable-value.ts';

/** Returns a stream of a value's bytes, or of a range of them, as they are now. */
export function createReadStream(
  context: StreamContext,
  key: Key | StreamKey,
  given: ReadStreamOptions | undefined,
): Readable {
  context.connection.assertOpen();
  context.checkStream('createReadStream', 'read');
  const source = streamKey(key);
  const options = checkReadOptions(given);
  options.signal?.throwIfAborted();
  const { start = 0, end = Number.MAX_SAFE_INTEGER - 1, signal } = options;
  const chunkSize = context.givenChunkSize(options.chunkSize);
  const value = openValue(context, source, options.holdMs, { start, end: end + 1 });
  return streamOf(context, value, { from: start, to: Math.min(end + 1, value.size), chunkSize, signal });
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
}

function streamOf(context: StreamContext, value: ReadableValue, range: Range): Readable {
  const { from, to, chunkSize, signal } = range;
  const { Readable } = process.getBuiltinModule('node:stream');
  let position = from;
  let open = true;
  let release = () => {};
  const close = () => {
    if (!open) return;
    open = false;
    release();
    value.close();
  };
  const stream = new Readable({
    highWaterMark: chunkSize,
    read() {
      const next = () => {
        if (this.destroyed) return;
        try {
          if (value.approach?.(position) === false) {
            setImmediate(next);
            return;
          }
          const chunk = Buffer.allocUnsafeSlow(Math.max(0, Math.min(chunkSize, to - position)));
          const count = chunk.length === 0 ? 0 : value.read(chunk, position);
          position += count;
          this.push(count === 0 ? null : chunk.subarray(0, count));
        } catch (error) {
          this.destroy(error as Error);
        }
      };
      // Other callbacks run between two chunks, however fast the reader is.
      setImmediate(next);
    },
    destroy(error, done) {
      close();
      done(error);
    },
  });
  // No closure may hold the stream, since the signal and the vault hold some of them: a stream that is forgotten must
  // be collected, and its value closed.
  const held = new WeakRef(stream);
  release = context.endWith(signal, (reason) => {
    close();
    held.deref()?.destroy(reason);
  });
  // A function of the user's may have aborted the signal while the value was opened.
  if (!open) release();
  onForgotten(stream, close);
  return stream;
}
