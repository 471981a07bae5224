import { IoError } from '@kohakuvault/core-native/internal';
import { SpoolCipher } from './spool-cipher.ts';

const { closeSync, readSync } = process.getBuiltinModule('node:fs');

/** A known number of bytes that can be read at once, without waiting. */
export interface Content {
  readonly size: number;
  /** Fills the target with the bytes from `position` on. Returns how many there were, 0 at the end. */
  read(target: Uint8Array, position: number): number;
  close(): void;
  /** Returns what another thread needs to read the same content. */
  share(): SharedContent;
}

/** A file is shared by its descriptor, which belongs to the whole process; bytes are copied. */
export type SharedContent =
  | {
      readonly descriptor: number;
      readonly size: number;
      /** The key of a spool file that is encrypted. */
      readonly key: Uint8Array | undefined;
    }
  | { readonly bytes: Uint8Array };

export class FileContent implements Content {
  readonly size: number;
  readonly #descriptor: number;
  readonly #owned: boolean;
  readonly #cipher: SpoolCipher | undefined;

  /** `owned` says whether the file is closed with the content; `cipher` how its bytes are encrypted. */
  constructor(descriptor: number, size: number, owned: boolean, cipher?: SpoolCipher) {
    this.#descriptor = descriptor;
    this.size = size;
    this.#owned = owned;
    this.#cipher = cipher;
  }

  read(target: Uint8Array, position: number): number {
    let count: number;
    try {
      count = readSync(this.#descriptor, target, 0, target.length, position);
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
    if (this.#owned) closeSync(this.#descriptor);
  }

  share(): SharedContent {
    return { descriptor: this.#descriptor, size: this.size, key: this.#cipher?.key };
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

export function contentOf(shared: SharedContent): Content {
  if ('bytes' in shared) return new BytesContent(shared.bytes);
  const { descriptor, size, key } = shared;
  return new FileContent(descriptor, size, false, key && new SpoolCipher(key));
}
