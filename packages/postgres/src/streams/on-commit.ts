import type { AsyncColumns } from '@kohakuvault/columns/internal';
import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { AsyncKVault, AsyncPutFileOptions, Key, PutInfo } from '@kohakuvault/kvault/internal';
import type { Session } from '../client/session.ts';
import type { VaultContext } from '../kvault/vault-context.ts';

/** The transaction that `onCommit` gets: what a `Transaction` can do for it. */
export interface CommitTransaction {
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  kvault<V = any>(name?: string): AsyncKVault<V>;
  columns(name?: string): AsyncColumns;
  query<R extends object = Record<string, unknown>>(text: string, parameters?: readonly unknown[]): Promise<R[]>;
}

/** The options of `putFile` and `createWriteStream`. */
export interface PostgresPutFileOptions extends AsyncPutFileOptions {
  /**
   * Called in the transaction that makes the bytes the key's value, so that what it writes through `tx` is committed with
   * the value or not at all. If it throws, nothing is stored. It runs again if another transaction was in the way.
   */
  onCommit?: ((info: PutInfo, tx: CommitTransaction) => Promise<void> | void) | undefined;
}

/** Separates `onCommit` from the other options, and checks it. */
export function splitOnCommit(
  owner: string,
  given: PostgresPutFileOptions | undefined,
): { others: AsyncPutFileOptions | undefined; onCommit: PostgresPutFileOptions['onCommit'] } {
  if (typeof given !== 'object' || given === null) return { others: given, onCommit: undefined };
  const { onCommit, ...others } = given;
  if (onCommit === undefined || typeof onCommit === 'function') return { others, onCommit };
  throw new InvalidArgument(`${owner} expects onCommit to be a function, got ${describe(onCommit)}`);
}

/** Returns what runs `onCommit` in the transaction of a session; undefined without one. */
export function besideCommit(
  context: VaultContext,
  onCommit: PostgresPutFileOptions['onCommit'],
  info: () => { key: Key; size: number },
): ((session: Session) => Promise<void>) | undefined {
  if (!onCommit) return undefined;
  return (session) => context.inTransaction(session, async (tx) => await onCommit(info(), tx as CommitTransaction));
}
