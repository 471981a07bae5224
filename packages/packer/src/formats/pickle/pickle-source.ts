import { Malformed } from '../../errors/codec-errors.ts';
import { textOf } from '../text-reader.ts';

/** The bytes of a pickle, taken from front to back. */
export class PickleSource {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#position;
  }

  take(length: number): Buffer {
    const start = this.#position;
    this.#position += length;
    if (this.#position > this.#bytes.length) throw new Malformed('the pickle ends too early');
    return this.#bytes.subarray(start, this.#position);
  }

  uint8(): number {
    return this.take(1)[0] as number;
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  length8(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  line(): string {
    const stop = this.#bytes.indexOf(0x0a, this.#position);
    if (stop < 0) throw new Malformed('the pickle ends in the name of a class');
    const text = textOf(this.take(stop - this.#position), 'utf8');
    this.#position++;
    return text;
  }
}
