import type { AsyncBlobHandle } from './async-kvault.ts';
import type { BlobHandle } from './streams/out/blob-handle.ts';

/** A `BlobHandle` of this thread whose calls return promises. */
export class LocalAsyncBlobHandle implements AsyncBlobHandle {
  readonly #handle: BlobHandle;
  readonly size: number;

  constructor(handle: BlobHandle) {
    this.#handle = handle;
    this.size = handle.size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return this.#handle.read(offset, length);
  }

  async readInto(target: ArrayBuffer | ArrayBufferView, offset: number): Promise<number> {
    return this.#handle.readInto(target, offset);
  }

  async write(offset: number, bytes: ArrayBuffer | ArrayBufferView): Promise<number> {
    return this.#handle.write(offset, bytes);
  }

  async close(): Promise<void> {
    this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
