import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { ReplacementWatches } from '../../table/replacement-watch.ts';
import { SLICE_BYTES } from '../../values/part-marks.ts';
import type { Content } from '../content.ts';
import { belongsOffLoop, contentForLater, copyOffLoop, queueCopy } from '../off-loop.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { commitValue, refuseOpenTransaction, type StoreOptions } from './commit-value.ts';
import { copyIn, frontOf } from './copy-in.ts';
import { CopyTurns } from './copy-turns.ts';
import { uploadInParts } from './upload.ts';

/** Makes the content the key's value. A short one is stored when this returns, unless much was stored in this turn. */
export function store(
  context: StreamContext,
  key: StreamKey,
  content: Content,
  options: StoreOptions,
): Promise<void> | undefined {
  const { connection, maxBlobBytes, entries } = context;
  connection.checkWritable();
  if (options.joins) {
    copyNow(context, key, () => content, options);
    return undefined;
  }
  refuseOpenTransaction(connection, key);
  // Now, before a long value is copied.
  entries.checkLength(key.bytes, content.size);
  const stored = frontOf(content, context.codec.escapes).length + content.size;
  if (stored > maxBlobBytes && stored > SLICE_BYTES) return uploadInParts(context, key, content, options);
  // What belongs to the transaction of the copy needs this thread.
  if (!options.onCommit && !entries.isLimited && belongsOffLoop(connection, content))
    return copyRow(context, key, content, options);
  const turns = CopyTurns.of(connection);
  const turn = turns.take(content.size);
  let source = content;
  const copy = () => {
    const stored = copyNow(context, key, () => source, options);
    const noteCopied = () => turns.copied(content.size, () => moveWal(connection));
    if (stored) return stored.then(noteCopied);
    noteCopied();
    return undefined;
  };
  const copying = turn
    ? turn.then(() => {
        options.signal.throwIfAborted();
        return copy();
      })
    : copy();
  // Now, before the owner of the bytes can change them.
  if (copying) source = contentForLater(content);
  return copying;
}

/** Has what is in the WAL moved into the file, in another thread if possible, unless the user decides when. */
function moveWal(connection: Connection): void {
  if (!connection.open) return;
  const { owned, database, snapshots, walMover } = connection.shared;
  if (walMover.begin() || !owned || database.inTransaction || snapshots.running) return;
  try {
    connection.checkpoint();
  } catch (error) {
    // The value is stored all the same, and the next commit moves the WAL.
    if (!(error instanceof KohakuVaultError)) throw error;
  }
}

/** Copies in one transaction on this thread, as soon as the file is free. */
function copyNow(
  context: StreamContext,
  key: StreamKey,
  content: () => Content,
  options: StoreOptions,
): Promise<void> | undefined {
  const { connection, values, maxBlobBytes } = context;
  const to = {
    values,
    key: key.bytes,
    chunkSize: options.chunkSize,
    maxBlobBytes,
    escapes: context.codec.escapes,
  };
  connection.shared.moveWalElsewhere();
  return commitValue(context, key, content().size, options, () =>
    connection.withSmallCache(() =>
      copyIn(to, content(), (done) => {
        options.onProgress?.(done);
        options.signal.throwIfAborted();
      }),
    ),
  );
}

/** Copies a long value into one row, in a thread of its own. */
function copyRow(context: StreamContext, key: StreamKey, given: Content, options: StoreOptions): Promise<void> {
  const { connection, table, maxBlobBytes, entries } = context;
  const { signal, chunkSize, onProgress, lifetime } = options;
  // A pending write is older than this value and must not be written over it.
  entries.writeOlderThan(key.bytes);
  const content = contentForLater(given);
  const row = { maxBlobBytes, escapes: context.codec.escapes, lifetime };
  const copy = { connection, table, key: key.bytes, content, chunkSize, row, signal, onProgress };
  return queueCopy(connection, 'of other threads', signal, () => copyOffLoop(copy)).then(() => {
    if (connection.open) ReplacementWatches.of(connection).noteReplaced(table, key.bytes);
  });
}

/** Refuses a call in the body of a transaction: a value is stored after the body, and in a transaction of its own. */
export function refuseInTransaction(connection: Connection, method: string): void {
  if (!connection.shared.database.inTransaction) return;
  throw new InvalidArgument(
    `${method} cannot be called inside a transaction, which ends before the value is stored; call it outside, and ` +
      'write what belongs to the value in its onCommit',
  );
}
