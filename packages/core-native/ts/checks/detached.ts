import { InvalidArgument } from '../errors/errors.ts';

/** Refuses memory that was transferred (`postMessage`, `structuredClone`, `transfer`) and is no longer here. */
export function refuseDetached(what: string, memory: ArrayBufferLike | ArrayBufferView): void {
  // Memory that has bytes was not transferred.
  if (memory.byteLength > 0) return;
  const buffer = ArrayBuffer.isView(memory) ? memory.buffer : memory;
  if (buffer.byteLength > 0) return;
  try {
    new Uint8Array(buffer);
  } catch (cause) {
    throw new InvalidArgument(
      `${what} is memory that was transferred to another thread or object; pass memory that is still here`,
      { cause },
    );
  }
}
