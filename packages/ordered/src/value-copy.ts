import { deserialize, serialize } from 'node:v8';
import { describe, InvalidArgument } from '@kohakuvault/core-native';

/** A value as bytes, which all threads can have. */
export function bytesOf(value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch (cause) {
    throw new InvalidArgument(
      `a value is or holds ${describe(value)} that cannot be copied to another thread; expected what structuredClone takes`,
      { cause },
    );
  }
}

/** The value again. The bytes have to be its own from now on: typed arrays in it are views of them. */
export function valueIn(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}
