import { EXPIRY_RULES, lifetimeOf } from '../../expiry/expiry-options.ts';
import type { Key } from '../../keys/keys.ts';
import type { Content } from '../content.ts';
import { checkPutOptions, checkSize, type PutFileOptions } from '../options.ts';
import { type StreamContext, type StreamKey, streamKey } from '../stream-context.ts';
import { openSource } from './sources.ts';
import { spoolSource } from './spool-source.ts';
import { refuseInTransaction, store } from './store.ts';

/**
 * Stores all bytes of a source as the key's value, however many: all of them or, if anything fails, nothing. Content
 * that can be read at once is copied directly. Everything else goes into a spool file first. `ttl` is what applies if
 * the options do not say when the value expires.
 */
export function putFile(
  context: StreamContext,
  key: Key | StreamKey,
  source: unknown,
  given: PutFileOptions | undefined,
  ttl: number,
): Promise<number> {
  // Not a rejection: the body of a transaction cannot await one, and would commit what it wrote beside the value.
  if (context.connection.open && !joins(given)) refuseInTransaction(context.connection, 'putFile');
  return put(context, key, source, given, ttl);
}

/**
 * For the command line's import: a value becomes part of the transaction that is open, of which only its owner knows
 * whether it is committed.
 */
const JOINS = Symbol.for('kohakuvault.joins transaction');

function joins(given: PutFileOptions | undefined): boolean {
  return typeof given === 'object' && given !== null && (given as { [JOINS]?: unknown })[JOINS] === true;
}

async function put(
  context: StreamContext,
  key: Key | StreamKey,
  source: unknown,
  given: PutFileOptions | undefined,
  ttl: number,
): Promise<number> {
  context.connection.checkWritable();
  context.checkStream('putFile', 'write');
  const target = streamKey(key);
  const options = checkPutOptions('putFile', given, EXPIRY_RULES);
  options.signal?.throwIfAborted();
  const opened = openSource(source);
  const { signal, release } = context.signalWith(options.signal);
  const chunkSize = context.chunkSize(options.chunkSize);
  const { onProgress, onCommit } = options;
  const lifetime = lifetimeOf('putFile', options, ttl);

  const copy = async (content: Content, progress: ((done: number) => void) | undefined) => {
    checkSize(content.size, options.size);
    const callbacks = { onProgress: progress, lifetime, onCommit };
    await store(context, target, content, { chunkSize, signal, ...callbacks, joins: joins(given) });
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
    const spool = await spoolSource(context, chunks, { size, signal, onProgress });
    try {
      checkSize(spool.size, size);
      // The progress was reported while the source was read.
      return await copy(spool.content(), undefined);
    } finally {
      await spool.close();
    }
  } finally {
    release();
  }
}
