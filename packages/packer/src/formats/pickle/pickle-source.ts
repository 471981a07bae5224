import { DecodeError } from '../../errors/decode-error.ts';
import { textOf } from '../text-reader.ts';

/** Reads the bytes of a pickle from front to back. */
export class PickleSource {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#position;
  }

  read(length: number): Buffer {
    const start = this.#position;
    this.#position += length;
    if (this.#position > this.#bytes.length) throw new DecodeError('the pickle is truncated');
    return this.#bytes.subarray(start, this.#position);
  }

  uint8(): number {
    return this.read(1)[0] as number;
  }

  uint32(): number {
    return this.read(4).readUInt32LE();
  }

  length8(): number {
    return Number(this.read(8).readBigUInt64LE());
  }

  line(): string {
    const stop = this.#bytes.indexOf(0x0a, this.#position);
    if (stop < 0) throw new DecodeError('the pickle is truncated in the name of a class');
    const text = textOf(this.read(stop - this.#position), 'utf8');
    this.#position++;
    return text;
  }
}
