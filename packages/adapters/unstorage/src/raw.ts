import { describe, InvalidArgument, isUint8Array } from '@kohakuvault/core-native/internal';
import type { RawType } from './options.ts';

/** Whether a value comes in pieces: a stream, a Blob, or an iterator of bytes that is not finished yet. */
export function isStreamed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Blob || Symbol.asyncIterator in value || 'getReader' in value;
}

/** Returns a stored value as it was asked for. Text is taken for its bytes; without a type it stays what it is. */
export function rawAs(value: unknown, type: RawType | undefined): unknown {
  if (type === undefined) return value;
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (!isUint8Array(bytes)) {
    throw new InvalidArgument(`the item is ${describe(value)}, which has no bytes; leave out type`);
  }
  switch (type) {
    case 'bytes':
      return bytes;
    case 'arrayBuffer':
      return Uint8Array.from(bytes).buffer;
    case 'blob':
      return new Blob([Uint8Array.from(bytes)]);
    default:
      throw new InvalidArgument(`type is ${describe(type)}; expected 'bytes', 'arrayBuffer', 'blob' or 'stream'`);
  }
}
