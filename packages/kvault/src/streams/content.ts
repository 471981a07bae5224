import { describe, IoError } from '@kohakuvault/core-native/internal';
import { type FileIdentity, identityOf, isFile, pathsOfOpen } from './file-identity.ts';
import { SpoolCipher } from './spool-cipher.ts';

const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs');

/** A known number of bytes that can be read at once, without waiting. */
export interface Content {
  readonly size: number;
  /** Fills the target with the bytes from `position` on. Returns how many there were, 0 at the end. */
  read(target: Uint8Array, position: number): number;
  close(): void;
  /** Returns what another thread needs to read the same content. */
  share(): SharedContent;
}

/** An open file, and where it was found. */
export interface OpenFile {
  readonly descriptor: number;
  readonly path: string;
  readonly size: number;
  /** The key of a spool file that is encrypted. */
  readonly key?: Uint8Array | undefined;
}

/** A file that another thread reads by its descriptor or, if that means nothing there, by its path. */
export interface SharedFile extends OpenFile {
  readonly identity: FileIdentity;
}

/** Files are shared; bytes are copied. */
export type SharedContent = SharedFile | { readonly bytes: Uint8Array };

export class FileContent implements Content {
  readonly #file: OpenFile;
  readonly #owned: boolean;
  readonly #cipher: SpoolCipher | undefined;

  /** `owned` says whether the file is closed with the content. */
  constructor(file: OpenFile, owned: boolean) {
    this.#file = file;
    this.#owned = owned;
    this.#cipher = file.key && new SpoolCipher(file.key);
  }

  get size(): number {
    return this.#file.size;
  }

  read(target: Uint8Array, position: number): number {
    let count: number;
    try {
      count = readSync(this.#file.descriptor, target, 0, target.length, position);
    } catch (cause) {
      throw new IoError(`the source cannot be read: ${(cause as Error).message}`, { cause });
    }
    if (this.#cipher) {
      const bytes = target.subarray(0, count);
      bytes.set(this.#cipher.apply(bytes, position));
    }
    return count;
  }

  close(): void {
    if (this.#owned) closeSync(this.#file.descriptor);
  }

  share(): SharedFile {
    const { descriptor, path, size, key } = this.#file;
    return { descriptor, path, size, key, identity: identityOf(descriptor) };
  }
}

export class BytesContent implements Content {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(target: Uint8Array, position: number): number {
    const part = this.#bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  close(): void {}

  share(): SharedContent {
    // A copy: the owner may change the bytes while the other thread reads them.
    return { bytes: Uint8Array.from(this.#bytes) };
  }
}

/** Returns content that the same thread has shared, for later. */
export function contentOf(shared: SharedContent): Content {
  return 'bytes' in shared ? new BytesContent(shared.bytes) : new FileContent(shared, false);
}

/** Returns content that another thread has shared. */
export function contentOfOtherThread(shared: SharedContent): Content {
  if ('bytes' in shared || isFile(shared.descriptor, shared.identity)) return contentOf(shared);
  return openAgain(shared);
}

/** Opens the same file again, and refuses another file that has taken its place. */
function openAgain({ descriptor, path, size, key, identity }: SharedFile): FileContent {
  let failure: unknown;
  for (const candidate of pathsOfOpen(descriptor, path)) {
    let opened: number;
    try {
      opened = openSync(candidate, 'r');
    } catch (cause) {
      failure = cause;
      continue;
    }
    if (isFile(opened, identity)) return new FileContent({ descriptor: opened, path, size, key }, true);
    closeSync(opened);
    failure = new Error('another file has taken its place');
  }
  throw new IoError(
    `the source ${describe(path)} cannot be opened again: ${(failure as Error).message}; keep it until it is stored`,
    { cause: failure },
  );
}
