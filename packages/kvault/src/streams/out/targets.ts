import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { WritableStream } from 'node:stream/web';
import { describe, InvalidArgument, IoError, isError } from '@kohakuvault/core-native/internal';
import { randomBytes } from '../../values/random-bytes.ts';
import { isFileHandle } from '../file-handle.ts';
import { isUrl, isWritableStream } from '../platform-objects.ts';

const { fileURLToPath } = process.getBuiltinModule('node:url');
const { promisify } = process.getBuiltinModule('node:util');
const files = () => process.getBuiltinModule('node:fs/promises');
const fsync = promisify(process.getBuiltinModule('node:fs').fsync);

/** What `getToFile` accepts as a target. */
export type GetTarget = string | URL | FileHandle | Writable | WritableStream;

/** Where the chunks go. */
export interface Sink {
  /** Whether a chunk may still be in use when the next one is requested. */
  readonly keepsChunks: boolean;
  /** Writes all chunks in their order. Resolves when they have reached the target. */
  write(chunks: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>;
}

export function openTarget(target: unknown): Sink {
  if (typeof target === 'string') return { keepsChunks: false, write: (chunks) => toPath(target, chunks) };
  if (isUrl(target)) {
    if (target.protocol !== 'file:') throw new InvalidArgument(`the target is ${target}; expected a file: URL`);
    const path = fileURLToPath(target);
    return { keepsChunks: false, write: (chunks) => toPath(path, chunks) };
  }
  if (typeof target === 'object' && target !== null) {
    if (isFileHandle(target)) return toHandleGiven(target);
    if (isWritableStream(target)) {
      if (target.locked) throw new InvalidArgument('the target is a locked WritableStream; release its writer first');
      return toStream(process.getBuiltinModule('node:stream').Writable.fromWeb(target));
    }
    if (isWritable(target)) {
      if (!target.writable) throw new InvalidArgument('the target is a Writable that has ended; give another one');
      return toStream(target);
    }
  }
  throw new InvalidArgument(
    `the target is ${describe(target)}; expected a path, a URL, a FileHandle, a Writable or a WritableStream`,
  );
}

/** Returns whether an object is a Writable, also one that Node has not made. */
function isWritable(target: object): target is Writable {
  return 'write' in target && typeof target.write === 'function' && 'writable' in target && 'once' in target;
}

function toHandleGiven(handle: FileHandle): Sink {
  if (handle.fd < 0) throw new InvalidArgument('the target is a closed FileHandle; open it again');
  return { keepsChunks: false, write: (chunks) => toHandle(handle, chunks) };
}

function toStream(stream: Writable): Sink {
  const { pipeline } = process.getBuiltinModule('node:stream/promises');
  return { keepsChunks: true, write: (chunks, signal) => pipeline(chunks, stream, { signal }) };
}

/** Writes a file beside the target, and renames it to the target when it is complete. */
async function toPath(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  try {
    const file = await followLink(path);
    const found = await files()
      .stat(file)
      .catch(() => undefined);
    // A pipe or a device is written directly.
    if (found && !found.isFile()) await toDevice(file, chunks);
    else await toNewFile(file, found?.mode, chunks);
  } catch (cause) {
    if (isError(cause) && 'syscall' in cause) {
      throw new IoError(`the target ${describe(path)} cannot be written: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

async function toNewFile(file: string, mode: number | undefined, chunks: AsyncIterable<Buffer>): Promise<void> {
  const temporary = `${file}.kohakuvault-${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    const handle = await files().open(temporary, 'wx');
    try {
      if (mode !== undefined) await handle.chmod(mode);
      await toHandle(handle, chunks);
      // Otherwise a power failure could leave the new name on a file without its bytes.
      // Not handle.sync(), which the handles of Yarn's PnP do not have.
      await fsync(handle.fd);
    } finally {
      await handle.close();
    }
    await files().rename(temporary, file);
  } catch (error) {
    await files().rm(temporary, { force: true });
    throw error;
  }
}

async function toDevice(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const handle = await files().open(path, 'w');
  try {
    await toHandle(handle, chunks);
  } finally {
    await handle.close();
  }
}

async function toHandle(handle: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    for (let done = 0; done < chunk.length; ) {
      done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
    }
  }
}

/** Returns the file that a symbolic link points to. The link itself stays. */
async function followLink(path: string): Promise<string> {
  const found = await files()
    .lstat(path)
    .catch(() => undefined);
  return found?.isSymbolicLink() ? files().realpath(path) : path;
}
