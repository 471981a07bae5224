import type { Readable, Writable } from 'node:stream';
import type { Key } from '../keys/keys.ts';
import { putFile } from './in/put-file.ts';
import type { PutSource } from './in/sources.ts';
import { createWriteStream } from './in/write-stream.ts';
import type { BlobOptions, GetToFileOptions, PutFileOptions, ReadStreamOptions } from './options.ts';
import { type BlobHandle, openBlob } from './out/blob-handle.ts';
import { getToFile } from './out/get-to-file.ts';
import { createReadStream } from './out/read-stream.ts';
import type { GetTarget } from './out/targets.ts';
import { StreamHost, type StreamHostSetup } from './stream-context.ts';

export type { GetTarget } from './out/targets.ts';

/** All streams of one vault. */
export class Streams {
  readonly #host: StreamHost;

  constructor(setup: StreamHostSetup) {
    this.#host = new StreamHost(setup);
  }

  putFile(key: Key, source: PutSource, options: PutFileOptions | undefined): Promise<number> {
    return putFile(this.#host, key, source, options);
  }

  getToFile(key: Key, target: GetTarget, options: GetToFileOptions | undefined): Promise<number> {
    return getToFile(this.#host, key, target, options);
  }

  createReadStream(key: Key, options: ReadStreamOptions | undefined): Readable {
    return createReadStream(this.#host, key, options);
  }

  createWriteStream(key: Key, options: PutFileOptions | undefined): Writable {
    return createWriteStream(this.#host, key, options);
  }

  openBlob(key: Key, options: BlobOptions | undefined): BlobHandle {
    return openBlob(this.#host, key, options);
  }
}
