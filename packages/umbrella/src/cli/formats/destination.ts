import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { IoError } from '@kohakuvault/core-native/internal';
import type { Output } from '../terminal/output.ts';

/** The destination of a writer. */
export interface Sink {
  write(data: string | Uint8Array): Promise<void>;
}

/** Runs a writer on stdout (`-`) or a file. The file appears under its name when it is complete. */
export async function writeTo(target: string, output: Output, body: (sink: Sink) => Promise<void>): Promise<void> {
  if (target === '-') {
    const buffered = new BufferedSink(output);
    await body(buffered);
    await buffered.flush();
    return;
  }
  const temporary = `${target}.partial-${process.pid}`;
  let handle: FileHandle;
  try {
    handle = await open(temporary, 'wx');
  } catch (cause) {
    throw new IoError(`${target} cannot be written: ${(cause as Error).message}`, { cause });
  }
  try {
    const buffered = new BufferedSink({ write: (bytes) => handle.writeFile(bytes) });
    await body(buffered);
    await buffered.flush();
    await handle.close();
    await rename(temporary, target);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

const FLUSH_BYTES = 256 * 1024;

/** Joins small writes into large ones. */
class BufferedSink implements Sink {
  readonly #sink: Sink;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async write(data: string | Uint8Array): Promise<void> {
    // Copied, because the caller may reuse the memory.
    const bytes = Buffer.from(data);
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= FLUSH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const all = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if (all.length > 0) await this.#sink.write(all);
  }
}
