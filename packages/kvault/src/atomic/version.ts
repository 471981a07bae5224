import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** The text of a version of a key that does not exist. */
const NONE = 'none';
const TEXT_OF: unique symbol = Symbol.for('kohakuvault.version') as never;
const TEXT = /^(?:none|[\w-]{43})$/;

/**
 * Which value a key had. It is a digest of the bytes as they are stored, so it does not matter who wrote them, and a
 * value that comes back has its version again. As text it can be kept anywhere, as an ETag for example.
 */
export class Version {
  /** @internal Two copies of this package, as of two realms, know each other's versions by it. */
  readonly [TEXT_OF]: string;

  /** Returns the version of a text that `toString` has given. */
  constructor(text: string) {
    if (typeof text !== 'string' || !TEXT.test(text)) {
      throw new InvalidArgument(`the version is ${describe(text)}; expected the text of a version that a vault gave`);
    }
    this[TEXT_OF] = text;
  }

  static isVersion(value: unknown): value is Version {
    return typeof value === 'object' && value !== null && TEXT_OF in value;
  }

  /** Returns the version of stored bytes, or of a key that does not exist. */
  static of(stored: Uint8Array | undefined): Version {
    if (stored === undefined) return versionOf(NONE);
    return versionOf(process.getBuiltinModule('node:crypto').createHash('sha256').update(stored).digest('base64url'));
  }

  equals(other: Version): boolean {
    return this[TEXT_OF] === other[TEXT_OF];
  }

  toString(): string {
    return this[TEXT_OF];
  }

  toJSON(): string {
    return this[TEXT_OF];
  }
}

/** Outside of the class: a bundler renames a class that mentions itself. */
function versionOf(text: string): Version {
  return new Version(text);
}
