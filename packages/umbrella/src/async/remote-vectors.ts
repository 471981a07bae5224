import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { AsyncVectors, FieldTypes, IdKind, VectorKVault } from '@kohakuvault/vector';
import type { Remote } from './remote.ts';
import { type Asynchronous, ROWS, remoteObject } from './remote-object.ts';

/** A `VectorKVault` in another thread. */
export type RemoteVectors<
  // biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
  V = any,
  E extends ValueEncoding = ValueEncoding,
  F extends FieldTypes = FieldTypes,
  K extends IdKind = 'i64',
> = AsyncVectors<V, E, F, K> &
  Omit<Asynchronous<VectorKVault<V, E, F, K>, 'renameTable'>, keyof AsyncVectors<V, E, F, K>>;

/** Returns what stands for a `VectorKVault` in another thread. */
export function remoteVectors<V, E extends ValueEncoding, F extends FieldTypes, K extends IdKind>(
  remote: Remote,
  { table, valueEncoding }: Readonly<Record<string, unknown>>,
): RemoteVectors<V, E, F, K> {
  return remoteObject<RemoteVectors<V, E, F, K>>(remote, ROWS, { table, valueEncoding });
}
