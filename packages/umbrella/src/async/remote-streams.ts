import type { Readable, Writable } from 'node:stream';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type {
  AsyncBlobHandle,
  AsyncPutFileOptions,
  GetTarget,
  GetToFileOptions,
  Key,
  PutSource,
  ReadStreamOptions,
} from '@kohakuvault/kvault';
import {
  type Chunks,
  checkPutOptions,
  checkReadOptions,
  chunkBytes,
  EXPIRY_RULES,
  onAbort,
  openSource,
  openTarget,
  readSource,
} from '@kohakuvault/kvault/internal';
import type { Remote } from './remote.ts';

const { resolve } = process.getBuiltinModule('node:path');
const { fileURLToPath } = process.getBuiltinModule('node:url');

/** Stores a source. A path is read by the thread; what only this thread can read is sent chunk by chunk. */
export async function putFile(
  vault: Remote,
  key: Key,
  source: PutSource,
  { signal, onProgress, ...options }: AsyncPutFileOptions = {},
): Promise<number> {
  const path = pathOf(source);
  if (path !== undefined || isBytes(source)) {
    const given = path ?? source;
    return (await vault.callWithProgress('putFile', [key, given, options], { signal, onProgress })) as number;
  }
  const total = options.size;
  const chunks = chunksOf(source);
  const { remote } = await vault.keep('createWriteStream', [key, options]);
  let done = 0;
  try {
    await readSource(chunks, { size: undefined, signal: ending(vault, signal) }, async (chunk) => {
      await remote.call('write', [chunk], { signal });
      done += chunk.length;
      onProgress?.(done, total);
      signal?.throwIfAborted();
    });
    await remote.call('end', [], { signal });
    return done;
  } catch (error) {
    if (vault.client.open) await remote.call('abandon').catch(() => {});
    throw error;
  }
}

/** Writes a value to a path in the thread, or to a stream of this thread chunk by chunk. */
export async function getToFile(
  vault: Remote,
  key: Key,
  target: GetTarget,
  { signal, onProgress, ...options }: GetToFileOptions = {},
): Promise<number> {
  const path = pathOf(target);
  if (path !== undefined) {
    return (await vault.callWithProgress('getToFile', [key, path, options], { signal, onProgress })) as number;
  }
  const sink = openTarget(target);
  const given = ending(vault, signal);
  let done = 0;
  async function* chunks(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of vault.follow<Buffer>('createReadStream', [key, options], { signal })) {
      yield chunk;
      done += chunk.length;
      onProgress?.(done);
      given.throwIfAborted();
    }
  }
  try {
    await sink.write(chunks(), given);
  } catch (error) {
    // A pipeline reports an abort by an error of its own.
    given.throwIfAborted();
    throw error;
  }
  return done;
}

export function createReadStream(vault: Remote, key: Key, given?: ReadStreamOptions): Readable {
  const { signal, ...options } = checkReadOptions(given);
  const { Readable } = process.getBuiltinModule('node:stream');
  const chunks = vault.follow<Buffer>('createReadStream', [key, options], { signal });
  const stream = Readable.from(chunks, { objectMode: false, ...(signal ? { signal } : {}) });
  endWithStore(vault, stream, () => false);
  return stream;
}

export function createWriteStream(vault: Remote, key: Key, given?: AsyncPutFileOptions): Writable {
  const { Writable } = process.getBuiltinModule('node:stream');
  const { signal, onProgress, ...options } = checkPutOptions('createWriteStream', given, EXPIRY_RULES);
  let sink: Promise<Remote> | undefined;
  let done = 0;
  let isEnded = false;
  const settle = (work: Promise<unknown>, callback: (error?: Error | null) => void) =>
    void work.then(() => callback(), callback);
  const sinkOf = () => (sink ??= vault.keep('createWriteStream', [key, options]).then(({ remote }) => remote));
  const stream = new Writable({
    ...(signal ? { signal } : {}),
    construct: (callback) => settle(sinkOf(), callback),
    write: (chunk: Buffer, _, callback) => {
      const written = sinkOf().then((remote) => remote.call('write', [chunk]));
      settle(
        written.then(() => {
          done += chunk.length;
          onProgress?.(done, options.size);
        }),
        callback,
      );
    },
    final: (callback) => {
      const ended = sinkOf().then((remote) => {
        isEnded = true;
        return remote.call('end');
      });
      settle(ended, callback);
    },
    destroy: (error, callback) => {
      const abandoned = vault.client.open ? sinkOf().then((remote) => remote.call('abandon')) : Promise.resolve();
      void abandoned.then(
        () => callback(error),
        () => callback(error),
      );
    },
  });
  // What the thread has as a whole, it stores.
  endWithStore(vault, stream, () => isEnded);
  return stream;
}

/** Ends a stream when the store closes, unless the thread has all of it. A dropped stream can be collected. */
function endWithStore({ client }: Remote, stream: Readable | Writable, isWhole: () => boolean): void {
  const held = new WeakRef(stream);
  const end = (reason: Error) => {
    if (!isWhole()) held.deref()?.destroy(reason);
  };
  stream.once('close', onAbort(client.closing, end));
}

/** Returns a signal that is aborted with the given one, and when the store closes. */
function ending({ client }: Remote, signal: AbortSignal | undefined): AbortSignal {
  return signal ? AbortSignal.any([signal, client.closing]) : client.closing;
}

/** A `BlobHandle` in the thread. */
export class RemoteBlobHandle implements AsyncBlobHandle {
  readonly #remote: Remote;
  readonly size: number;

  constructor(remote: Remote, size: number) {
    this.#remote = remote;
    this.size = size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return (await this.#remote.call('read', [offset, length])) as Buffer;
  }

  async readInto(target: ArrayBuffer | ArrayBufferView, offset: number): Promise<number> {
    const view = chunkBytes(target, 'the target');
    return (await this.read(offset, view.length)).copy(view);
  }

  async write(offset: number, bytes: ArrayBuffer | ArrayBufferView): Promise<number> {
    return (await this.#remote.call('write', [offset, bytes])) as number;
  }

  close(): Promise<void> {
    return this.#remote.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function pathOf(given: unknown): string | undefined {
  if (typeof given === 'string') return resolve(given);
  return given instanceof URL ? fileURLToPath(given) : undefined;
}

function isBytes(source: PutSource): boolean {
  return ArrayBuffer.isView(source) || source instanceof ArrayBuffer;
}

/** Returns the chunks of a source that only this thread can read. */
function chunksOf(source: PutSource): Chunks {
  const { createReadStream } = source as { createReadStream?: (options: object) => AsyncIterable<Buffer> };
  if (typeof createReadStream === 'function') {
    // A file handle of `node:fs/promises`.
    const open = () => createReadStream.call(source, { autoClose: false })[Symbol.asyncIterator]();
    return { size: undefined, open };
  }
  const opened = openSource(source);
  if ('chunks' in opened) return opened.chunks;
  throw new InvalidArgument('the source cannot be read in this thread; give its path');
}
