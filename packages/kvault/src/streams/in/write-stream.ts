import type { Writable } from 'node:stream';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Key } from '../../keys/keys.ts';
import { onForgotten } from '../forgotten.ts';
import { checkPutOptions, type PutFileOptions } from '../options.ts';
import { bytesOf, type StreamHost, streamKey } from '../stream-context.ts';
import { Spool } from './spool.ts';
import { checkSize, store } from './store.ts';

/** A stream whose bytes become the key's value when it finishes. Destroyed before, it leaves the old value. */
export function createWriteStream(host: StreamHost, key: Key, asked: PutFileOptions | undefined): Writable {
  host.connection.checkWritable();
  const target = streamKey(key);
  const options = checkPutOptions('createWriteStream', asked);
  options.signal?.throwIfAborted();
  const chunkSize = host.chunkSize(options.chunkSize);
  const closing = new AbortController();
  const { signal } = closing;
  const spool = new Spool(host.connection);

  const append = async (chunk: unknown) => {
    const bytes = bytesOf(chunk, 'a chunk');
    const size = spool.size + bytes.length;
    if (options.size !== undefined && size > options.size) {
      throw new InvalidArgument(`too much was written: ${size} bytes; size says ${options.size}`);
    }
    await spool.append(bytes);
    options.onProgress?.(spool.size, options.size);
  };
  const commit = async () => {
    checkSize(spool.size, options.size);
    await store(host, target, spool.content(), { chunkSize, signal, onProgress: undefined });
    await spool.close();
  };

  const { Writable } = process.getBuiltinModule('node:stream');
  const stream = new Writable({
    highWaterMark: chunkSize,
    write: (chunk, _encoding, done) => settle(append(chunk), done),
    final: (done) => settle(commit(), done),
    destroy: (error, done) => {
      release();
      closing.abort(error ?? new Error('the stream was destroyed'));
      settle(spool.close(), (failure) => done(failure ?? error));
    },
  });

  // Nothing here may hold the stream: one that is forgotten is to be collected, and its file removed.
  const held = new WeakRef(stream);
  const end = (reason: Error) => {
    closing.abort(reason);
    held.deref()?.destroy(reason);
  };
  const given = options.signal;
  const follow = () => end(given?.reason);
  given?.addEventListener('abort', follow, { once: true });
  const unregister = host.register(end);
  const release = () => {
    given?.removeEventListener('abort', follow);
    unregister();
  };
  onForgotten(stream, () => {
    release();
    spool.close().catch(() => {});
  });
  return stream;
}

function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  work.then(() => done(), done);
}
