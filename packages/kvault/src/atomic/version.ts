import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** The text of a version of a key that does not exist. */
const NONE = 'none';
const TEXT = /^(?:none|[\w-]{43})$/;

/**
 * Which value a key had. It is a digest of the bytes as they are stored, so it does not matter who wrote them, and a
 * value that comes back has its version again. As text it can be kept anywhere, as an ETag for example.
 */
export class Version {
  readonly #text: string;

  /** Returns the version of a text that `toString` has given. */
  constructor(text: string) {
    if (typeof text !== 'string' || !TEXT.test(text)) {
      throw new InvalidArgument(`the version is ${describe(text)}; expected the text of a version that a vault gave`);
    }
    this.#text = text;
  }

  /** Returns the version of stored bytes, or of a key that does not exist. */
  static of(stored: Uint8Array | undefined): Version {
    if (stored === undefined) return new Version(NONE);
    return new Version(process.getBuiltinModule('node:crypto').createHash('sha256').update(stored).digest('base64url'));
  }

  equals(other: Version): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }
}
