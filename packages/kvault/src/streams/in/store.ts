import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { ReplacementWatches } from '../../table/replacement-watch.ts';
import type { Content } from '../content.ts';
import { belongsOffLoop, copyOffLoop } from '../off-loop.ts';
import type { StreamHost, StreamKey } from '../stream-context.ts';
import { copyIn } from './copy-in.ts';

export interface StoreOptions {
  readonly chunkSize: number;
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number) => void) | undefined;
}

/** The page cache during a long copy on a connection of ours, in KiB: what does not fit goes to the disk early. */
const COPY_CACHE_KB = 8 * 1024;

/**
 * Makes the content the key's value. What is not long, or belongs to a transaction that is open now, has happened when this
 * returns; everything else is copied in a thread of its own.
 */
export function store(
  host: StreamHost,
  key: StreamKey,
  content: Content,
  options: StoreOptions,
): Promise<void> | undefined {
  const { connection, table } = host;
  const escapes = host.setup.codec.escapes;
  const { values, maxBlobBytes } = host.setup;
  connection.checkWritable();
  if (belongsOffLoop(connection, content)) {
    // What is pending in the cache is older than this value and must not be written over it.
    host.setup.entries.makeWay(key.bytes);
    const copied = copyOffLoop({
      connection,
      table,
      key: key.bytes,
      content,
      escapes,
      maxBlobBytes,
      ...options,
    });
    return copied.then(() => {
      if (connection.open) ReplacementWatches.of(connection).noteReplaced(table, key.bytes);
    });
  }
  const to = { values, key: key.bytes, chunkSize: options.chunkSize, maxBlobBytes, escapes };
  connection.transaction(() => {
    host.setup.entries.makeWay(key.bytes);
    withSmallCache(host, () =>
      copyIn(to, content, (done) => {
        options.onProgress?.(done);
        options.signal.throwIfAborted();
      }),
    );
  });
  ReplacementWatches.of(connection).noteReplaced(table, key.bytes);
  return undefined;
}

function withSmallCache(host: StreamHost, body: () => void): void {
  const { connection } = host;
  const { database, owned, options } = connection.shared;
  if (!owned || options.cacheKb <= COPY_CACHE_KB) {
    body();
    return;
  }
  connection.read(() => database.pragma(`cache_size = -${COPY_CACHE_KB}`));
  try {
    body();
  } finally {
    connection.read(() => database.pragma(`cache_size = -${options.cacheKb}`));
  }
}

/** Refuses a source that gives another number of bytes than was said. */
export function checkSize(given: number, said: number | undefined): void {
  if (said !== undefined && given !== said) {
    const which = given < said ? 'too short' : 'too long';
    throw new InvalidArgument(`the source is ${which}: it gives ${given} bytes; size says ${said}`);
  }
}

/** A signal that also ends the work when the vault closes. `release` when the work is over. */
export function endedWithVault(
  host: StreamHost,
  given: AbortSignal | undefined,
): { signal: AbortSignal; release: () => void } {
  const closing = new AbortController();
  const follow = () => closing.abort(given?.reason);
  if (given?.aborted) follow();
  given?.addEventListener('abort', follow, { once: true });
  const unregister = host.register((reason) => closing.abort(reason));
  const release = () => {
    given?.removeEventListener('abort', follow);
    unregister();
  };
  return { signal: closing.signal, release };
}
