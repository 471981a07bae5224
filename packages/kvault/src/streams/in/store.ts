import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { ReplacementWatches } from '../../table/replacement-watch.ts';
import type { Content } from '../content.ts';
import { belongsOffLoop, copyOffLoop } from '../off-loop.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { copyIn } from './copy-in.ts';

export interface StoreOptions {
  readonly chunkSize: number;
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number) => void) | undefined;
}

/** The page cache during a long copy on a connection of ours, in KiB. What does not fit goes to the disk early. */
const COPY_CACHE_KB = 8 * 1024;

/**
 * Makes the content the key's value. Short content, and a copy inside a transaction that is open now, is stored when
 * this returns. Everything else is copied in a thread of its own.
 */
export function store(
  context: StreamContext,
  key: StreamKey,
  content: Content,
  options: StoreOptions,
): Promise<void> | undefined {
  const { connection, table, values, maxBlobBytes, entries } = context;
  const { escapes } = context.codec;
  connection.checkWritable();
  if (belongsOffLoop(connection, content)) {
    // A pending write is older than this value and must not be written over it.
    entries.writeOlderThan(key.bytes);
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
    entries.writeOlderThan(key.bytes);
    withSmallCache(connection, () =>
      copyIn(to, content, (done) => {
        options.onProgress?.(done);
        options.signal.throwIfAborted();
      }),
    );
  });
  ReplacementWatches.of(connection).noteReplaced(table, key.bytes);
  return undefined;
}

function withSmallCache(connection: Connection, body: () => void): void {
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

/** Refuses a source that has given another number of bytes than expected. */
export function checkSize(given: number, expected: number | undefined): void {
  if (expected !== undefined && given !== expected) {
    const problem = given < expected ? 'too short' : 'too long';
    throw new InvalidArgument(`the source is ${problem}: it has ${given} bytes; expected ${expected}`);
  }
}
