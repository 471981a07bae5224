import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** A stream that another thread writes to. */
export class StreamSink {
  readonly #stream: Writable;
  readonly #failed: Promise<never>;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#failed = new Promise((_, reject) => {
      stream.once('error', reject);
    });
    this.#failed.catch(() => {});
  }

  /** Writes a chunk. Fulfilled when the next one may come. */
  async write(chunk: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
    await Promise.race([written, this.#failed]);
  }

  /** Fulfilled when the bytes have become the value. */
  async end(): Promise<void> {
    const finished = once(this.#stream, 'finish');
    this.#stream.end();
    await Promise.race([finished, this.#failed]);
  }

  /** Gives up: the old value stays. Fulfilled when nothing of it is left. */
  async abandon(): Promise<void> {
    if (this.#stream.closed) return;
    const closed = once(this.#stream, 'close');
    this.#stream.destroy();
    await closed;
  }

  /** A vault that closes ends its streams itself. */
  return(): void {
    this.#stream.destroy();
  }
}
