import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { describe, InvalidArgument, IoError, isAnyArrayBuffer } from '@kohakuvault/core-native/internal';
import { chunkBytes } from '../chunk-bytes.ts';
import { BytesContent, type Content, FileContent } from '../content.ts';
import { isFileHandle } from '../file-handle.ts';
import { isBlob, isUrl } from '../platform-objects.ts';

const { closeSync, createReadStream, fstatSync, openSync } = process.getBuiltinModule('node:fs');
const { resolve } = process.getBuiltinModule('node:path');
const { fileURLToPath } = process.getBuiltinModule('node:url');

/** What `putFile` accepts as a source. */
export type PutSource =
  | string
  | URL
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FileHandle
  | Readable
  | ReadableStream
  | Iterable<ArrayBuffer | ArrayBufferView>
  | AsyncIterable<ArrayBuffer | ArrayBufferView>;

/** Bytes that come chunk by chunk. */
export interface Chunks {
  /** The number of bytes, if it is known. */
  readonly size: number | undefined;
  open(): AsyncIterator<unknown> | Iterator<unknown>;
}

export type OpenedSource = { readonly content: Content } | { readonly chunks: Chunks };

/** Opens a source, as content that can be read at once if that is possible. */
export function openSource(source: unknown): OpenedSource {
  if (typeof source === 'string' || isUrl(source)) return openPath(source);
  if (ArrayBuffer.isView(source) || isAnyArrayBuffer(source)) {
    return { content: new BytesContent(chunkBytes(source, 'the source')) };
  }
  if (typeof source === 'object' && source !== null) {
    if (isFileHandle(source)) return openHandle(source);
    if (isBlob(source)) {
      return { chunks: { size: source.size, open: () => source.stream()[Symbol.asyncIterator]() } };
    }
    if ('locked' in source && source.locked === true) {
      throw new InvalidArgument('the source is a locked ReadableStream; release its reader first');
    }
    if (Symbol.asyncIterator in source) {
      const given = source as AsyncIterable<unknown>;
      return { chunks: { size: undefined, open: () => given[Symbol.asyncIterator]() } };
    }
    if (Symbol.iterator in source) {
      const given = source as Iterable<unknown>;
      return { chunks: { size: undefined, open: () => given[Symbol.iterator]() } };
    }
  }
  throw new InvalidArgument(
    `the source is ${describe(source)}; ` +
      'expected a path, a URL, bytes, a Blob, a FileHandle, a stream or an iterable of bytes',
  );
}

/** Returns a path that means the same file if the working directory changes. */
function fullPath(path: string | URL): string {
  return resolve(typeof path === 'string' ? path : fileURLToPath(path));
}

function openPath(path: string | URL): OpenedSource {
  const shown = describe(String(path));
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new IoError(`the source ${shown} cannot be opened: ${(cause as Error).message}`, { cause });
  }
  try {
    const size = regularSize(descriptor, shown);
    if (size !== undefined) return { content: new FileContent({ descriptor, path: fullPath(path), size }, true) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  // A pipe or a device: its length is not known.
  const stream = createReadStream('', { fd: descriptor });
  return { chunks: { size: undefined, open: () => stream[Symbol.asyncIterator]() } };
}

function openHandle(handle: FileHandle): OpenedSource {
  if (handle.fd < 0) throw new InvalidArgument('the source is a closed FileHandle; open it again');
  regularSize(handle.fd, 'given as a FileHandle');
  // It is read from its current position, which Node does not tell: its length is not known.
  const stream = handle.createReadStream({ autoClose: false });
  return { chunks: { size: undefined, open: () => stream[Symbol.asyncIterator]() } };
}

/**
 * Returns the size of a file; undefined if it tells nothing, as with files of /proc, which report 0 and have content.
 */
function regularSize(descriptor: number, shown: string): number | undefined {
  const found = fstatSync(descriptor);
  if (found.isDirectory()) throw new InvalidArgument(`the source ${shown} is a directory; expected a file`);
  return found.isFile() && found.size > 0 ? found.size : undefined;
}
