import type { Readable, Writable } from 'node:stream';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { EntryCalls } from './entry-calls.ts';
import type { Key, KeyEncoding } from './keys/keys.ts';
import { putFile } from './streams/in/put-file.ts';
import type { PutSource } from './streams/in/sources.ts';
import { createWriteStream } from './streams/in/write-stream.ts';
import type { BlobOptions, GetToFileOptions, PutFileOptions, ReadStreamOptions } from './streams/options.ts';
import { type BlobHandle, openBlob } from './streams/out/blob-handle.ts';
import { getToFile } from './streams/out/get-to-file.ts';
import { createReadStream } from './streams/out/read-stream.ts';
import type { GetTarget } from './streams/out/targets.ts';
import type { StreamContext } from './streams/stream-context.ts';
import type { VaultKeys } from './vault-keys.ts';
import type { VaultSetup } from './vault-parts.ts';

/** The calls of a vault that stream values, in constant memory. */
export abstract class StreamCalls<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends EntryCalls<V, K, A, E> {
  readonly #keys: VaultKeys<K>;
  readonly #streams: StreamContext;

  /** @internal */
  constructor(setup: VaultSetup<K>) {
    super(setup);
    this.#keys = setup.keys;
    this.#streams = setup.streams;
  }

  /**
   * Stores all bytes of a source of any size, in constant memory: all of them or nothing. Returns how many they were.
   */
  putFile(key: Key, source: PutSource, options?: PutFileOptions): Promise<number> {
    return putFile(this.#streams, this.#keys.streamed(key), source, options, this.#keys.ttl);
  }

  /** Writes a bytes value to a file or a stream, in constant memory. Returns its length. `NotFound` without the key. */
  getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    return getToFile(this.#streams, this.#keys.streamed(key), target, options);
  }

  /**
   * Returns a stream of a value's bytes, or of a range of them, as they are now. Later writes do not change what it
   * gives.
   */
  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return createReadStream(this.#streams, this.#keys.streamed(key), options);
  }

  /**
   * Returns a stream whose bytes become the key's value when it finishes. If it is destroyed before, the old value
   * stays.
   */
  createWriteStream(key: Key, options?: PutFileOptions): Writable {
    return createWriteStream(this.#streams, this.#keys.streamed(key), options, this.#keys.ttl);
  }

  /** Opens a bytes value for random access. `NotFound` without the key; `KV_STALE` once the value has been replaced. */
  openBlob(key: Key, options?: BlobOptions): BlobHandle {
    return openBlob(this.#streams, this.#keys.streamed(key), options);
  }
}
