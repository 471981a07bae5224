import { IoError } from '@kohakuvault/core-native/internal';

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
export type SharedContent = { readonly descriptor: number; readonly size: number } | { readonly bytes: Uint8Array };

export class FileContent implements Content {
  readonly size: number;
  readonly #descriptor: number;
  readonly #owned: boolean;

  /** `owned` says whether the file is closed with the content. */
  constructor(descriptor: number, size: number, owned: boolean) {
    this.#descriptor = descriptor;
    this.size = size;
    this.#owned = owned;
  }

  read(target: Uint8Array, position: number): number {
    try {
      return readSync(this.#descriptor, target, 0, target.length, position);
    } catch (cause) {
      throw new IoError(`the source cannot be read: ${(cause as Error).message}`, { cause });
    }
  }

  close(): void {
    if (this.#owned) closeSync(this.#descriptor);
  }

  share(): SharedContent {
    return { descriptor: this.#descriptor, size: this.size };
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
  return 'bytes' in shared ? new BytesContent(shared.bytes) : new FileContent(shared.descriptor, shared.size, false);
}
