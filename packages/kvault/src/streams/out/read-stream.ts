import type { Readable } from 'node:stream';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Key } from '../../keys/keys.ts';
import { onForgotten } from '../forgotten.ts';
import { checkReadOptions, type ReadStreamOptions } from '../options.ts';
import { type StreamHost, streamKey } from '../stream-context.ts';
import { openValue } from './open-value.ts';
import type { StoredValue } from './stored-value.ts';

/** The bytes of a value, or of a range of it, as they are now. */
export function createReadStream(host: StreamHost, key: Key, given: ReadStreamOptions | undefined): Readable {
  host.connection.assertOpen();
  const source = streamKey(key);
  const options = checkReadOptions(given);
  options.signal?.throwIfAborted();
  const { start = 0, end = Number.MAX_SAFE_INTEGER - 1 } = options;
  if (start > end + 1) throw new InvalidArgument(`createReadStream: start is ${start}, behind end, ${end}`);
  const chunkSize = host.givenChunkSize(options.chunkSize);
  const value = openValue(host, source);
  return streamOf(host, value, { from: start, to: Math.min(end + 1, value.size), chunkSize, signal: options.signal });
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
}

function streamOf(host: StreamHost, value: StoredValue, { from, to, chunkSize, signal }: Range): Readable {
  const { Readable } = process.getBuiltinModule('node:stream');
  let position = from;
  // No closure here may hold the stream, since the signal or the vault hold some of them: it has to be collected when forgotten.
  const stream = new Readable({
    highWaterMark: chunkSize,
    read() {
      // Other callbacks run between two chunks, however fast the reader is.
      setImmediate(() => {
        if (this.destroyed) return;
        try {
          const chunk = Buffer.allocUnsafeSlow(Math.max(0, Math.min(chunkSize, to - position)));
          const count = chunk.length === 0 ? 0 : value.read(chunk, position);
          position += count;
          this.push(count === 0 ? null : chunk.subarray(0, count));
        } catch (error) {
          this.destroy(error as Error);
        }
      });
    },
    destroy(error, done) {
      close();
      signal?.removeEventListener('abort', abort);
      done(error);
    },
  });
  const held = new WeakRef(stream);
  const abort = () => held.deref()?.destroy(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const close = closeOnce(host, value, stream);
  return stream;
}

/** Closes the value with the stream, with the vault, or when the stream has been forgotten: it holds no reference to it. */
function closeOnce(host: StreamHost, value: StoredValue, stream: Readable): () => void {
  const held = new WeakRef(stream);
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    unregister();
    value.close();
  };
  const unregister = host.register((reason) => {
    close();
    held.deref()?.destroy(reason);
  });
  onForgotten(stream, close);
  return close;
}
