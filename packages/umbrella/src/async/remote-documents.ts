import type {
  AsyncDocumentVault,
  DocumentInput,
  DocumentVault,
  DocumentVaultOptions,
  ReembedOptions,
} from '@kohakuvault/text';
import type { Client } from './client.ts';
import type { FunctionNumber } from './messages.ts';
import { pack } from './packing.ts';
import type { Remote } from './remote.ts';
import { type Asynchronous, openRemote, type RemoteShape, remoteObject, withoutSignal } from './remote-object.ts';

/** A `DocumentVault` in another thread. Its model is called in this one. */
// biome-ignore lint/suspicious/noExplicitAny: a vault holds anything unless its user says what.
export type RemoteDocuments<V = any> = AsyncDocumentVault<V> &
  Omit<Asynchronous<DocumentVault<V>>, keyof AsyncDocumentVault<V>>;

const SHAPE: RemoteShape = { iterations: [] };

/** Opens documents in the thread. */
export async function openDocuments<V>(
  client: Client,
  { embed, ...options }: Partial<DocumentVaultOptions>,
  signal: AbortSignal | undefined,
): Promise<RemoteDocuments<V>> {
  // Only a close ends what the thread may call: a signal may come when a new model has taken over already.
  const models: FunctionNumber[] = [];
  const modelOf = (embed: unknown) => {
    if (typeof embed !== 'function') return embed;
    const model = client.callbacks.add(embed as () => unknown, false);
    models.push(model);
    return model;
  };
  const { remote, properties } = await openRemote(
    client,
    'documents',
    pack([{ ...options, embed: modelOf(embed) }]),
    signal,
  );
  return remoteObject<RemoteDocuments<V>>(remote, SHAPE, {
    table: properties.table,
    add: (documents: DocumentInput<V> | Iterable<DocumentInput<V>>) => asking(remote, 'add', [documents]),
    update: (...args: unknown[]) => asking(remote, 'update', args),
    search: (...args: unknown[]) => asking(remote, 'search', args),
    reembed: async (given: ReembedOptions) => {
      const { embed, signal, onProgress, ...others } = given ?? {};
      const report = (progress: { done: number; total: number }) => {
        onProgress?.(progress);
        // The thread waits for this: it begins no further step once the signal is aborted.
        signal?.throwIfAborted();
      };
      const isReported = onProgress === undefined || typeof onProgress === 'function';
      const reported = client.callbacks.add(report, true);
      try {
        const args = [{ ...others, embed: modelOf(embed), onProgress: isReported ? reported : onProgress }];
        await remote.callWithProgress('reembed', args, { signal, asks: true });
      } finally {
        client.callbacks.remove(reported);
      }
    },
    close: async () => {
      await remote.close();
      for (const model of models.splice(0)) client.callbacks.remove(model);
    },
  });
}

/** Calls a method that waits for the model. */
function asking(remote: Remote, method: string, args: unknown[]): Promise<unknown> {
  const { rest, signal } = withoutSignal(args);
  // With a signal, the thread waits for the model no longer either.
  return signal
    ? remote.callWithProgress(method, rest, { signal, asks: true })
    : remote.call(method, rest, { asks: true });
}
