import type { Readable, Writable } from 'node:stream';
import type {
  AsyncBlobHandle,
  BlobOptions,
  GetTarget,
  GetToFileOptions,
  Key,
  KeyEncoding,
  PutSource,
  ReadStreamOptions,
} from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import { openBlob } from '../streams/blob-handle.ts';
import { getToFile } from '../streams/get-to-file.ts';
import type { PostgresPutFileOptions } from '../streams/on-commit.ts';
import { putFile } from '../streams/put-file.ts';
import { createReadStream } from '../streams/read-stream.ts';
import { createWriteStream } from '../streams/write-stream.ts';
import { KVaultMethods } from './kvault-methods.ts';

/** The methods for values of any length. */
export abstract class StreamMethods<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends KVaultMethods<V, K, A, E> {
  async putFile(key: Key, source: PutSource, options?: PostgresPutFileOptions): Promise<number> {
    this.own.context.assertOpen();
    return await putFile(this.own.context, this.own.streamKey(key), source, options, this.own.ttl);
  }

  async getToFile(key: Key, target: GetTarget, options?: GetToFileOptions): Promise<number> {
    this.own.context.assertOpen();
    return await getToFile(this.own.context, this.own.streamKey(key), target, options);
  }

  createReadStream(key: Key, options?: ReadStreamOptions): Readable {
    return createReadStream(this.own.context, this.own.streamKey(key), options);
  }

  createWriteStream(key: Key, options?: PostgresPutFileOptions): Writable {
    return createWriteStream(this.own.context, this.own.streamKey(key), options, this.own.ttl);
  }

  async openBlob(key: Key, options?: BlobOptions): Promise<AsyncBlobHandle> {
    this.own.context.assertOpen();
    return await openBlob(this.own.context, this.own.streamKey(key), options);
  }
}
