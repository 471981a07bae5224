import type { Readable, Writable } from 'node:stream';
import { checkOptions, LiveIteration, refuseSwitch, rules, StartedIteration } from '@kohakuvault/core-native/internal';
import type {
  AsyncBlobHandle,
  AsyncChange,
  AsyncKVault,
  AsyncObserved,
  AsyncPutFileOptions,
  AsyncQueue,
  AsyncWatch,
  BlobOptions,
  ChangeKind,
  GetTarget,
  GetToFileOptions,
  Key,
  KeyEncoding,
  KeyOf,
  KeyRange,
  PutSource,
  QueueOptions,
  ReadStreamOptions,
  Stored,
  SubOptions,
  WatchOptions,
} from '@kohakuvault/kvault';
import { checkKey, checkSubOptions, JobQueue, keyBytes, LiveValue, namedKeySpace } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { Remote } from './remote.ts';
import { RemoteEntries } from './remote-entries.ts';
import { RemoteJobs } from './remote-jobs.ts';
import { createReadStream, createWriteStream, getToFile, putFile, RemoteBlobHandle } from './remote-streams.ts';

/** A `KVault` in a thread of its own. */
export class RemoteKVault<
    // biome-ignore lint/suspicious/noExplicitAny: without a type argument the values are as untyped as those of JSON.parse.
    V = any,
    K extends KeyEncoding = 'utf8',
    A extends boolean = true,
    E extends ValueEncoding = ValueEncoding,
  >
  extends RemoteEntries<V, K, A, E>
  implements AsyncKVault<V, K, A, E>
{
  readonly valueEncoding: string;
  readonly #auto: { pack: boolean; headers: boolean };
  readonly #isSublevel: boolean;

  /** @internal */
  constructor(
    remote: Remote,
    table: string,
    valueEncoding: string,
    auto: { pack: boolean; headers: boolean },
    isSublevel = false,
  ) {
    super(remote, table);
    this.valueEncoding = valueEncoding;
    this.#auto = auto;
    this.#isSublevel = isSublevel;
  }

  putFile(key: Key, source: PutSource, options?: AsyncPutFileOptions): Promise<number> {
    return putFile(this.remote, key, source, options);
  }

  getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    return getToFile(this.remote, key, target, options);
  }

  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return createReadStream(this.remote, key, options);
  }

  createWriteStream(key: Key, options?: AsyncPutFileOptions): Writable {
    return createWriteStream(this.remote, key, options);
  }

  async openBlob(key: Key, options?: BlobOptions): Promise<AsyncBlobHandle> {
    const { remote, properties } = await this.remote.keep('openBlob', [key, options], ['size']);
    return new RemoteBlobHandle(remote, properties.size as number);
  }

  sub<W = V>(name: Key, options?: SubOptions): RemoteKVault<W, K, A, E> {
    checkSubOptions(options);
    namedKeySpace(name, undefined);
    return subOf<W, K, A, E>(this, this.remote.place('sub', [name, options]), this.#auto);
  }

  watch(range?: KeyRange | Key, options?: WatchOptions): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    return this.#watch(range, options, true);
  }

  observe(key: Key): AsyncObserved<Stored<V, A, E>> {
    // A view of bytes that the caller may change later.
    const own = typeof key === 'string' ? checkKey(key) : keyBytes(key);
    return new LiveValue((options) => {
      const { items, close } = this.remote.live<Stored<V, A, E> | undefined>('observe', [own], options);
      return new LiveIteration({ close }, items);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: without a type argument jobs are as untyped as what JSON.parse returns.
  queue<J = any>(name: string, options?: QueueOptions): AsyncQueue<J> {
    return new JobQueue<J>(name, options, (resolved) => {
      return new RemoteJobs(this.remote.place('queue', [name, resolved]).place('calls', []));
    });
  }

  /** @internal */
  protected override watchQuietly(): AsyncWatch<unknown, unknown> {
    return this.#watch(undefined, undefined, false);
  }

  #watch(
    range: KeyRange | Key | undefined,
    { signal, ...options }: WatchOptions = {},
    keepsAlive: boolean,
  ): AsyncWatch<KeyOf<K>, Stored<V, A, E>> {
    type Item = { key: KeyOf<K>; kind: ChangeKind; position: string };
    const { begun, items, close } = this.remote.live<Item>('watch', [range, options], { signal, keepsAlive });
    let last = '';
    const get = (key: KeyOf<K>) => this.get(key as Key);
    async function* changes(): AsyncGenerator<AsyncChange<KeyOf<K>, Stored<V, A, E>>, void, undefined> {
      for await (const item of items) {
        last = item.position;
        yield { ...item, value: () => get(item.key) };
      }
    }
    const placed = begun.then(async (watch) => {
      last ||= (await watch.call('position', [], { keepsAlive })) as string;
    });
    return new StartedIteration({ close }, changes(), { begun: placed, position: () => last });
  }

  enableAutoPack(options?: { structured?: boolean }): void {
    checkOptions('enableAutoPack', options, { structured: rules.boolean });
    this.#switch('enableAutoPack', options);
    this.#auto.pack = this.#auto.headers = true;
  }

  disableAutoPack(): void {
    this.#switch('disableAutoPack');
    this.#auto.pack = false;
  }

  enableHeaders(): void {
    this.#switch('enableHeaders');
    this.#auto.headers = true;
  }

  disableHeaders(): void {
    this.#switch('disableHeaders');
    this.#auto.headers = false;
  }

  get autoPackEnabled(): boolean {
    return this.#auto.pack;
  }

  get headersEnabled(): boolean {
    return this.#auto.headers;
  }

  get open(): boolean {
    return this.remote.open;
  }

  /** Closes the vault. Of a sublevel it does nothing: that is closed with the vault it was made from. */
  async close(): Promise<void> {
    if (!this.#isSublevel) await this.remote.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls that follow come after it. What it throws is thrown nowhere, since it returns nothing. */
  #switch(method: string, ...args: unknown[]): void {
    refuseSwitch(method, this.table, this.valueEncoding);
    void this.remote.call(method, args).catch(() => {});
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function subOf<V, K extends KeyEncoding, A extends boolean, E extends ValueEncoding>(
  { table, valueEncoding }: { readonly table: string; readonly valueEncoding: string },
  remote: Remote,
  auto: { pack: boolean; headers: boolean },
): RemoteKVault<V, K, A, E> {
  return new RemoteKVault<V, K, A, E>(remote, table, valueEncoding, auto, true);
}
