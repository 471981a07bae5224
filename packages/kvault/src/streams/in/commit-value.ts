import { DatabaseBusy, refusePromise } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import { endOf, type Lifetime } from '../../expiry/expiry-options.ts';
import { ReplacementWatches } from '../../table/replacement-watch.ts';
import type { PutInfo } from '../options.ts';
import type { StreamContext, StreamKey } from '../stream-context.ts';
import { WriteTurns } from './write-turns.ts';

export interface StoreOptions {
  readonly chunkSize: number;
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number) => void) | undefined;
  /** How long the value lives; undefined if it does not expire. */
  readonly lifetime: Lifetime | undefined;
  /** Called in the transaction that stores the value. */
  readonly onCommit: ((info: PutInfo) => void) | undefined;
  /** Whether the value belongs to the transaction that is open. */
  readonly joins: boolean;
}

/**
 * Stores a value by `write`, in one transaction with what `onCommit` writes. It is stored when this returns, unless
 * another connection has the write lock or others of this one are waiting for it.
 */
export function commitValue(
  context: StreamContext,
  key: StreamKey,
  size: number,
  { lifetime, onCommit, joins, signal }: Pick<StoreOptions, 'lifetime' | 'onCommit' | 'joins' | 'signal'>,
  write: () => void,
): Promise<void> | undefined {
  const { connection, table, entries } = context;
  const body = () => {
    // A pending write is older than this value and must not be written over it.
    entries.writeOlderThan(key.bytes);
    entries.checkLength(key.bytes, size);
    write();
    entries.wrotePast(key.bytes, endOf(lifetime));
    ReplacementWatches.of(connection).noteReplaced(table, key.bytes);
    if (onCommit) refusePromise('onCommit', onCommit({ key: key.given, size }));
  };
  if (joins) {
    connection.checkWritable();
    if (onCommit) connection.transactionOfAll(body);
    else connection.transaction(body);
    return undefined;
  }
  const check = () => {
    connection.checkWritable();
    refuseOpenTransaction(connection, key);
  };
  return WriteTurns.of(connection).run<void>(connection, { body, ofAll: onCommit !== undefined, check, signal }) as
    | Promise<void>
    | undefined;
}

/** Refuses to write into a transaction of the user, which may be rolled back. */
export function refuseOpenTransaction(connection: Connection, key: StreamKey): void {
  if (!connection.shared.database.inTransaction) return;
  throw new DatabaseBusy(
    `the value of ${key.shown} cannot be stored while a transaction of yours is open: it might be rolled back after ` +
      'the value was reported as stored. End the transaction before the source ends',
  );
}
