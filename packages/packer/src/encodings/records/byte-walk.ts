import { DecodeError } from '../../errors/decode-error.ts';
import { DEEPEST } from '../../formats/byte-writer.ts';

const { isUtf8 } = process.getBuiltinModule('node:buffer');

/** Goes through encoded bytes without making values. Every step stays inside the bytes. */
export abstract class ByteWalk {
  protected readonly bytes: Buffer;
  protected readonly structures: readonly (readonly string[])[];
  #position = 0;

  constructor(bytes: Buffer, structures: readonly (readonly string[])[]) {
    this.bytes = bytes;
    this.structures = structures;
  }

  /** Goes through all bytes, which must be one value. */
  all(): void {
    this.value(0);
    if (this.#position < this.bytes.length) throw new DecodeError('bytes follow the value');
  }

  /** Goes over one value. */
  protected abstract value(depth: number): void;

  /** Reads an unsigned number of so many bytes. */
  protected uint(bytes: number): number {
    const start = this.skip(bytes);
    return bytes === 0 ? 0 : this.bytes.readUIntBE(start, bytes);
  }

  /** Goes over so many bytes. Returns where they begin. */
  protected skip(count: number): number {
    const start = this.#position;
    if (count > this.bytes.length - start) throw new DecodeError('it ends early');
    this.#position = start + count;
    return start;
  }

  protected text(length: number): string {
    const start = this.skip(length);
    const bytes = this.bytes.subarray(start, start + length);
    if (!isUtf8(bytes)) throw new DecodeError('a text in it is not UTF-8');
    return bytes.toString();
  }

  protected values(count: number, depth: number): void {
    if (depth === DEEPEST) throw new DecodeError(`it is nested more than ${DEEPEST} deep`);
    for (let index = 0; index < count; index++) this.value(depth + 1);
  }

  protected entries(count: number, depth: number): void {
    if (depth === DEEPEST) throw new DecodeError(`it is nested more than ${DEEPEST} deep`);
    for (let index = 0; index < count; index++) {
      if (this.key() === '__proto__') throw new DecodeError('it has the key __proto__');
      this.value(depth + 1);
    }
  }

  /** Reads the key of a map, which must be a text. */
  protected abstract key(): string;

  /** Refuses what the library would not have written for plain data. */
  protected foreign(what: string): never {
    throw new DecodeError(`it has ${what}, which this package does not write`);
  }
}
