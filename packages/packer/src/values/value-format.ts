/** What streams may do with the values of an encoding. */
export type Streams = 'read and write' | 'read' | 'none';

/**
 * Makes bytes of values, and values of bytes. A `CodecError` is about the value or the bytes; every other error is of
 * the user's own code.
 */
export interface ValueFormat {
  /** Whether the bytes are the value. */
  readonly isBytes: boolean;
  /** Whether a few bytes may become many objects. */
  readonly makesObjects: boolean;
  readonly streams: Streams;
  /** Returns the bytes of a value; undefined for a value that it cannot hold, but the default encoding can. */
  encode(value: unknown): Buffer | undefined;
  /** Returns the value of bytes that are read no more after this. `untrusted` bytes are checked first. */
  decode(bytes: Buffer, untrusted: boolean): unknown;
  /** Throws for a value that the default encoding has stored, as the Python package does, and that is not of this. */
  check(value: unknown): void;
}
