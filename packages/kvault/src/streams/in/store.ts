import { DatabaseBusy, InvalidArgument, refusePromise } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { ReplacementWatches } from '../../table/replacement-watch.ts';
import type { Content } from '../content.ts';
import { belongsOffLoop, copyOffLoop } from '../off-loop.ts';
import type { PutInfo } from '../options.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { copyIn } from './copy-in.ts';

export interface StoreOptions {
  readonly chunkSize: number;
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number) => void) | undefined;
  /** Called in the transaction that stores the value. */
  readonly onCommit: ((info: PutInfo) => void) | undefined;
}

/** The page cache during a long copy on a connection of ours, in KiB. What does not fit goes to the disk early. */
const COPY_CACHE_KB = 8 * 1024;

/**
 * Makes the content the key's value. Short content is stored when this returns. Everything else is copied in a thread
 * of its own.
 */
export function store(
  context: StreamContext,
  key: StreamKey,
  content: Content,
  options: StoreOptions,
): Promise<void> | undefined {
  const { connection, table, values, maxBlobBytes, entries } = context;
  const { escapes } = context.codec;
  const { onCommit } = options;
  connection.checkWritable();
  if (connection.shared.database.inTransaction) {
    throw new DatabaseBusy(
      `the value of ${key.shown} cannot be stored while a transaction of yours is open: it might be rolled back ` +
        'after the value was reported as stored. End the transaction before the source ends',
    );
  }
  // The callback runs in the transaction of the copy, so both need this thread.
  if (!onCommit && belongsOffLoop(connection, content)) {
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
  const publish = () => {
    entries.writeOlderThan(key.bytes);
    withSmallCache(connection, () =>
      copyIn(to, content, (done) => {
        options.onProgress?.(done);
        options.signal.throwIfAborted();
      }),
    );
    ReplacementWatches.of(connection).noteReplaced(table, key.bytes);
    if (onCommit) refusePromise('onCommit', onCommit({ key: key.given, size: content.size }));
  };
  if (onCommit) connection.transactionOfAll(publish);
  else connection.transaction(publish);
  return undefined;
}

/** Refuses a call in the body of a transaction: a value is stored after the body, and in a transaction of its own. */
export function refuseInTransaction(connection: Connection, method: string): void {
  if (!connection.shared.database.inTransaction) return;
  throw new InvalidArgument(
    `${method} cannot be called inside a transaction, which ends before the value is stored; call it outside, and ` +
      'write what belongs to the value in its onCommit',
  );
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
