import { InvalidArgument } from '../errors/errors.ts';

/** Refuses memory that has been given away (`postMessage`, `structuredClone`, `transfer`): nothing is there any more. */
export function refuseDetached(what: string, memory: ArrayBufferLike | ArrayBufferView): void {
  // What has bytes is there.
  if (memory.byteLength > 0) return;
  const buffer = ArrayBuffer.isView(memory) ? memory.buffer : memory;
  if (buffer.byteLength > 0) return;
  try {
    new Uint8Array(buffer);
  } catch (cause) {
    throw new InvalidArgument(
      `${what} is memory that has been transferred elsewhere; expected memory that is still here`,
      {
        cause,
      },
    );
  }
}
