import { CorruptData } from '@kohakuvault/core-native';

/** A table of a FlatBuffer, whose fields are found through its directory. Whatever lies outside the buffer is damage. */
export class FlatTable {
  readonly #bytes: Buffer;
  readonly #position: number;
  readonly #directory: number;

  private constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.#position = position;
    this.#directory = position - this.#read(() => bytes.readInt32LE(position));
  }

  static root(bytes: Buffer): FlatTable {
    if (bytes.length < 8) throw new CorruptData('the Arrow file is cut off');
    return new FlatTable(bytes, bytes.readUInt32LE(0));
  }

  int(slot: number, bits: 8 | 16 | 32): number {
    const at = this.#place(slot);
    return at === undefined ? 0 : this.#read(() => this.#bytes.readIntLE(at, bits / 8));
  }

  long(slot: number): number {
    const at = this.#place(slot);
    return at === undefined ? 0 : this.#read(() => Number(this.#bytes.readBigInt64LE(at)));
  }

  text(slot: number): string {
    const at = this.#target(slot);
    if (at === undefined) return '';
    const length = this.#read(() => this.#bytes.readUInt32LE(at));
    return this.#bytes.toString('utf8', at + 4, at + 4 + length);
  }

  has(slot: number): boolean {
    return this.#place(slot) !== undefined;
  }

  table(slot: number): FlatTable | undefined {
    const at = this.#target(slot);
    return at === undefined ? undefined : new FlatTable(this.#bytes, at);
  }

  tables(slot: number): FlatTable[] {
    const at = this.#target(slot);
    if (at === undefined) return [];
    return Array.from({ length: this.#count(at, 4) }, (_, index) => {
      const place = at + 4 + index * 4;
      return new FlatTable(this.#bytes, place + this.#bytes.readUInt32LE(place));
    });
  }

  /** A vector of structs of 64-bit integers, or of what is padded to them. */
  longs(slot: number, perStruct: number): number[][] {
    const at = this.#target(slot);
    if (at === undefined) return [];
    return Array.from({ length: this.#count(at, perStruct * 8) }, (_, index) =>
      Array.from({ length: perStruct }, (__, part) =>
        Number(this.#bytes.readBigInt64LE(at + 4 + (index * perStruct + part) * 8)),
      ),
    );
  }

  #count(at: number, size: number): number {
    const count = this.#read(() => this.#bytes.readUInt32LE(at));
    if (at + 4 + count * size > this.#bytes.length) throw new CorruptData('the metadata of the Arrow file is damaged');
    return count;
  }

  #place(slot: number): number | undefined {
    const size = this.#read(() => this.#bytes.readUInt16LE(this.#directory));
    const entry = 4 + slot * 2;
    if (entry >= size) return undefined;
    const offset = this.#read(() => this.#bytes.readUInt16LE(this.#directory + entry));
    return offset === 0 ? undefined : this.#position + offset;
  }

  #target(slot: number): number | undefined {
    const at = this.#place(slot);
    return at === undefined ? undefined : at + this.#read(() => this.#bytes.readUInt32LE(at));
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new CorruptData('the metadata of the Arrow file is damaged', { cause });
    }
  }
}
