import type { ColumnVaultOptions } from '@kohakuvault/columns';
import { checkSyncBody, refusePromise } from '@kohakuvault/core-native/internal';
import type { ConnectionOptions, KeyEncoding, KVaultOptions } from '@kohakuvault/kvault';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { DocumentVaultOptions, TextVaultOptions } from '@kohakuvault/text';
import type { FieldTypes, IdKind, VectorKVaultOptions } from '@kohakuvault/vector';
import type { Client } from './client.ts';
import { type Settled, settle } from './later.ts';
import { pack } from './packing.ts';
import { type RemoteColumns, remoteColumns } from './remote-columns.ts';
import { openDocuments, type RemoteDocuments } from './remote-documents.ts';
import { RemoteKVault } from './remote-kvault.ts';
import { openRemote } from './remote-object.ts';
import { type RemoteTexts, remoteTexts } from './remote-texts.ts';
import { type RemoteVectors, remoteVectors } from './remote-vectors.ts';
import { StoreTransaction } from './transaction.ts';

interface WithSignal {
  /** Rejects all calls of the vault with its reason once it is aborted. */
  signal?: AbortSignal | undefined;
}

/** The options of a vault without those of its connection, which the store has. */
type Own<O> = Omit<O, keyof ConnectionOptions | 'table' | 'name'> & WithSignal;

/** Vaults on one file, in a thread of their own: their calls do not block this one. */
export class AsyncStore implements AsyncDisposable {
  readonly path: string;
  readonly #client: Client;

  /** @internal */
  constructor(client: Client, path: string) {
    this.#client = client;
    this.path = path;
  }

  get open(): boolean {
    return this.#client.open;
  }

  /** Opens a dict. */
  async kvault<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    K extends KeyEncoding = 'utf8',
    A extends boolean = true,
    E extends ValueEncoding = ValueEncoding,
  >(name = 'kv', { signal, ...options }: Own<KVaultOptions<K, A, E>> = {}): Promise<RemoteKVault<V, K, A, E>> {
    const args = this.#packed({ ...options, table: name });
    const { remote, properties } = await openRemote(this.#client, 'kvault', args, signal);
    const { autoPack = true, headers = true } = options as KVaultOptions;
    const valueEncoding = String(properties.valueEncoding);
    const isAuto = valueEncoding === 'auto';
    const auto = { pack: isAuto && autoPack, headers: isAuto && headers };
    return new RemoteKVault<V, K, A, E>(remote, name, valueEncoding, auto);
  }

  /** Opens the columns. */
  async columns({ signal, ...options }: Own<ColumnVaultOptions> = {}): Promise<RemoteColumns> {
    const { remote } = await openRemote(this.#client, 'columns', pack([options]), signal);
    return remoteColumns(remote);
  }

  /** Opens a vault of vectors. */
  async vectors<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    E extends ValueEncoding = ValueEncoding,
    F extends FieldTypes = FieldTypes,
    K extends IdKind = 'i64',
  >(
    name: string | undefined,
    { signal, ...options }: Own<VectorKVaultOptions<E, V, F, K>>,
  ): Promise<RemoteVectors<V, E, F, K>> {
    const args = this.#packed({ ...options, table: name });
    const { remote, properties } = await openRemote(this.#client, 'vectors', args, signal);
    return remoteVectors<V, E, F, K>(remote, properties);
  }

  /** Opens a vault of texts. */
  async texts<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    F extends string = 'content',
    E extends ValueEncoding = ValueEncoding,
  >(name?: string, { signal, ...options }: Own<TextVaultOptions<F, E>> = {}): Promise<RemoteTexts<V, F, E>> {
    const args = this.#packed({ ...options, ...(name === undefined ? {} : { table: name }) });
    const { remote, properties } = await openRemote(this.#client, 'texts', args, signal);
    return remoteTexts<V, F, E>(remote, properties);
  }

  /** Opens a vault of documents. Its model is called in this thread. */
  // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
  documents<V = any>(
    name: string | undefined,
    { signal, ...options }: Own<DocumentVaultOptions>,
  ): Promise<RemoteDocuments<V>> {
    return openDocuments<V>(this.#client, { ...options, ...(name === undefined ? {} : { table: name }) }, signal);
  }

  /**
   * Runs the steps that a body collects in one transaction, by one message: all of them, or none if one fails. The body
   * runs here and at once, so it knows no results; what it returns has them in the end.
   */
  async transaction<const R>(body: (tx: StoreTransaction) => R, options: WithSignal = {}): Promise<Settled<R>> {
    checkSyncBody('transaction', body);
    const tx = new StoreTransaction();
    const returned = refusePromise('transaction', body(tx));
    const step = { do: 'transaction', calls: tx.steps } as const;
    const results = (await this.#client.request(step, { signal: options.signal })) as unknown[];
    return settle(returned, results) as Settled<R>;
  }

  /** Finishes what was begun, refuses what waits for this thread, closes all vaults, and ends the thread. */
  async close(): Promise<void> {
    await this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Functions of the user, such as those of an encoding, run in this thread. */
  #packed(options: object): Uint8Array {
    return pack([this.#client.callbacks.withNumbers(options).options]);
  }
}
