import { describe, InvalidArgument, isAnyArrayBuffer, refuseDetached } from '@kohakuvault/core-native/internal';

/** Returns the bytes of a chunk as a Buffer that shares its memory. */
export function chunkBytes(chunk: unknown, what: string): Buffer {
  if (ArrayBuffer.isView(chunk)) {
    refuseDetached(what, chunk);
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (isAnyArrayBuffer(chunk)) {
    refuseDetached(what, chunk);
    return Buffer.from(chunk);
  }
  throw new InvalidArgument(`${what} is ${describe(chunk)}; expected bytes (a Buffer, a typed array, an ArrayBuffer)`);
}
