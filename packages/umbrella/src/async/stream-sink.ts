import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';

/** A stream that another thread writes to. */
export class StreamSink {
  readonly #stream: Writable;
  readonly #failed: Promise<never>;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#failed = new Promise((_, reject) => {
      stream.once('error', reject);
      // Destroyed without an error, it was ended by `return`. Nobody hears of the close that follows a finish.
      stream.once('close', () => reject(closedError()));
    });
    this.#failed.catch(() => {});
  }

  /** Writes a chunk. Fulfilled when the next one may come. */
  async write(chunk: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#stream.write(chunk, (error) => {
        if (!error) resolve();
        else reject(this.#stream.destroyed && !this.#stream.errored ? closedError() : error);
      });
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

  /** Ends the wait for chunks when the store closes. What has them all is finished. */
  return(): void {
    if (!this.#stream.writableEnded) this.#stream.destroy();
  }
}

function closedError(): KohakuVaultError {
  return new KohakuVaultError('the store was closed before the stream had ended; close it after its streams', {
    code: 'KV_CLOSED',
  });
}
