import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { AsyncTexts, TextVault } from '@kohakuvault/text';
import type { Remote } from './remote.ts';
import { type Asynchronous, ROWS, remoteObject } from './remote-object.ts';

/** A `TextVault` in another thread. */
export type RemoteTexts<
  // biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
  V = any,
  F extends string = 'content',
  E extends ValueEncoding = ValueEncoding,
> = AsyncTexts<V, F, E> & Omit<Asynchronous<TextVault<V, F, E>, 'renameTable'>, keyof AsyncTexts<V, F, E>>;

/** Returns what stands for a `TextVault` in another thread. */
export function remoteTexts<V, F extends string, E extends ValueEncoding>(
  remote: Remote,
  { table, valueEncoding }: Readonly<Record<string, unknown>>,
): RemoteTexts<V, F, E> {
  return remoteObject<RemoteTexts<V, F, E>>(remote, ROWS, { table, valueEncoding });
}
