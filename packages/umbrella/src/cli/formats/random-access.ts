import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';

/** A file that is read at any place. What it says of itself never makes memory be taken that it does not fill. */
export class RandomAccess implements Disposable {
  readonly path: string;
  readonly size: number;
  readonly #file: number;

  constructor(path: string) {
    // Opening a pipe would wait for a writer that may never come.
    if (!statSync(path).isFile()) throw new InvalidArgument(`${path} is no ordinary file, which this format needs`);
    this.path = path;
    this.#file = openSync(path, 'r');
    this.size = fstatSync(this.#file).size;
  }

  /** So many bytes from a position on, all of which must be there. */
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
