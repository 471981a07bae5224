import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';

/** Reads ranges of a file. Allocates no more memory than the file has bytes, whatever its header claims. */
export class RandomAccess implements Disposable {
  readonly path: string;
  readonly size: number;
  readonly #file: number;

  constructor(path: string) {
    // Opening a pipe would wait for a writer.
    if (!statSync(path).isFile()) throw new InvalidArgument(`${path} is not a regular file; this format needs one`);
    this.path = path;
    this.#file = openSync(path, 'r');
    this.size = fstatSync(this.#file).size;
  }

  /** Returns a range of bytes. Throws if the file ends before. */
  read(position: number, length: number): Buffer {
    const isInside = [position, length].every((number) => Number.isSafeInteger(number) && number >= 0);
    if (!isInside || position + length > this.size) throw this.cutOff();
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#file, bytes, done, length - done, position + done);
      if (read === 0) throw this.cutOff();
      done += read;
    }
    return bytes;
  }

  cutOff(why?: string): CorruptData {
    return new CorruptData(`${this.path} is cut off or damaged${why === undefined ? '' : `: ${why}`}`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
