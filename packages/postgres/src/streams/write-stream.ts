import type { Writable } from 'node:stream';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  checkPutOptions,
  checkSize,
  chunkBytes,
  EXPIRY_RULES,
  type Key,
  lifetimeOf,
} from '@kohakuvault/kvault/internal';
import type { VaultContext } from '../kvault/vault-context.ts';
import { besideCommit, type PostgresPutFileOptions, splitOnCommit } from './on-commit.ts';
import { checkStream, type StreamKey, streamKey } from './stream-key.ts';
import { ValueSink } from './value-sink.ts';

/** Returns a stream whose bytes become the key's value when it finishes. */
export function createWriteStream(
  context: VaultContext,
  key: Key | StreamKey,
  given: PostgresPutFileOptions | undefined,
  ttl: number,
): Writable {
  context.assertOpen();
  checkStream(context, 'createWriteStream', 'write');
  const target = streamKey(key);
  const { others, onCommit } = splitOnCommit('createWriteStream', given);
  const options = checkPutOptions('createWriteStream', others, EXPIRY_RULES);
  const life = lifetimeOf('createWriteStream', options, ttl);
  options.signal?.throwIfAborted();
  const sink = new ValueSink(context, target);
  let isCommitted = false;
  /** What runs now: the parts of a stream that is destroyed are removed after it. */
  let running: Promise<void> = Promise.resolve();

  const append = async (chunk: unknown) => {
    const bytes = chunkBytes(chunk, 'a chunk');
    const size = sink.size + bytes.length;
    if (options.size !== undefined && size > options.size) {
      throw new InvalidArgument(`${size} bytes were written; the option size allows ${options.size}`);
    }
    await context.ready();
    await sink.append(bytes);
    options.onProgress?.(sink.size, options.size);
  };
  const commit = async () => {
    checkSize(sink.size, options.size);
    await context.ready();
    await sink.commit(
      life,
      besideCommit(context, onCommit, () => ({ key: target.given, size: sink.size })),
    );
    isCommitted = true;
  };
  const run = (work: Promise<void>, done: (error?: Error | null) => void) => {
    running = work.catch(() => {});
    work.then(() => done(), done);
  };

  const { Writable } = process.getBuiltinModule('node:stream');
  const stream = new Writable({
    highWaterMark: options.chunkSize ?? context.options.chunkSize,
    write: (chunk, _encoding, done) => run(append(chunk), done),
    final: (done) => run(commit(), done),
    destroy: (error, done) => {
      const cleared = running.then(() => (isCommitted ? undefined : sink.abort())).finally(release);
      cleared.then(
        () => done(error),
        (failure) => done(error ?? failure),
      );
    },
  });
  const release = context.endWith(options.signal, (reason) => stream.destroy(reason));
  return stream;
}
