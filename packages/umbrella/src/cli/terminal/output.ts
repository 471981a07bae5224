import type { Writable } from 'node:stream';

/** The reader of the output has closed the pipe, as `head` does. The command ends. */
export class ClosedPipe extends Error {}

/** Writes the result of a command to stdout. Waits for a slow reader, and throws `ClosedPipe` without one. */
export class Output {
  readonly #stream: Writable;
  readonly isTerminal: boolean;
  #failure: NodeJS.ErrnoException | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    // Without a listener, a closed pipe ends the process with a stack trace.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = error;
    });
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  async write(data: string | Uint8Array): Promise<void> {
    this.#refuse();
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(data, (error) => (error ? reject(asClosedPipe(error)) : resolve()));
    });
    this.#refuse();
  }

  #refuse(): void {
    if (this.#failure) throw asClosedPipe(this.#failure);
  }
}

function asClosedPipe(error: NodeJS.ErrnoException): Error {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' ? new ClosedPipe(error.message) : error;
}
