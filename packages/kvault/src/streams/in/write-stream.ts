import type { Writable } from 'node:stream';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { EXPIRY_RULES, lifetimeOf } from '../../expiry/expiry-options.ts';
import type { Key } from '../../keys/keys.ts';
import { chunkBytes } from '../chunk-bytes.ts';
import { onForgotten } from '../forgotten.ts';
import { checkPutOptions, checkSize, type PutFileOptions } from '../options.ts';
import { type StreamContext, type StreamKey, streamKey } from '../stream-context.ts';
import { Spool } from './spool.ts';
import { refuseInTransaction, store } from './store.ts';

/**
 * Returns a stream whose bytes become the key's value when it finishes. If it is destroyed before, the old value stays.
 */
export function createWriteStream(
  context: StreamContext,
  key: Key | StreamKey,
  given: PutFileOptions | undefined,
  ttl: number,
): Writable {
  context.connection.checkWritable();
  context.checkStream('createWriteStream', 'write');
  refuseInTransaction(context.connection, 'createWriteStream');
  const target = streamKey(key);
  const options = checkPutOptions('createWriteStream', given, EXPIRY_RULES);
  options.signal?.throwIfAborted();
  const chunkSize = context.chunkSize(options.chunkSize);
  const lifetime = lifetimeOf('createWriteStream', options, ttl);
  const closing = new AbortController();
  const { signal } = closing;
  const spool = new Spool(context.connection);
  let release = () => {};

  const append = async (chunk: unknown) => {
    const bytes = chunkBytes(chunk, 'a chunk');
    const size = spool.size + bytes.length;
    if (options.size !== undefined && size > options.size) {
      throw new InvalidArgument(`${size} bytes were written; the option size allows ${options.size}`);
    }
    await spool.append(bytes);
    options.onProgress?.(spool.size, options.size);
  };
  const commit = async () => {
    checkSize(spool.size, options.size);
    await store(context, target, spool.content(), {
      chunkSize,
      signal,
      onProgress: undefined,
      lifetime,
      onCommit: options.onCommit,
      joins: false,
    });
    await spool.close();
  };

  const { Writable } = process.getBuiltinModule('node:stream');
  const stream = new Writable({
    highWaterMark: chunkSize,
    write: (chunk, _encoding, done) => callBack(append(chunk), done),
    final: (done) => callBack(commit(), done),
    destroy: (error, done) => {
      release();
      closing.abort(error ?? new Error('the stream was destroyed'));
      callBack(spool.close(), (failure) => done(failure ?? error));
    },
  });

  // No closure may hold the stream: a stream that is forgotten must be collected, and its file removed.
  const held = new WeakRef(stream);
  release = context.endWith(options.signal, (reason) => {
    closing.abort(reason);
    held.deref()?.destroy(reason);
  });
  onForgotten(stream, () => {
    release();
    spool.close().catch(() => {});
  });
  return stream;
}

/** Reports the outcome of a promise to a stream's callback. */
function callBack(work: Promise<void>, done: (error?: Error | null) => void): void {
  work.then(() => done(), done);
}
