import { isUtf8 } from 'node:buffer';
import { CorruptData } from '@kohakuvault/core-native/internal';

/** The most tables that are read from one buffer. Tables that share targets could make reading endless. */
const MOST_TABLES = 1_000_000;
/** The deepest nesting of tables. */
const DEEPEST = 128;

/** A FlatBuffer, and the number of tables that may still be read. */
interface Source {
  readonly bytes: Buffer;
  tables: number;
}

/** A table of a FlatBuffer. Its directory gives the places of its fields. A place outside the buffer is damage. */
export class FlatTable {
  readonly #source: Source;
  readonly #depth: number;
  readonly #position: number;
  readonly #directory: number;

  private constructor(source: Source, position: number, depth: number) {
    if (--source.tables < 0 || depth > DEEPEST) throw damaged();
    this.#source = source;
    this.#depth = depth;
    this.#position = position;
    this.#directory = position - this.#read(() => source.bytes.readInt32LE(position));
  }

  static root(bytes: Buffer): FlatTable {
    if (bytes.length < 8) throw damaged();
    return new FlatTable({ bytes, tables: MOST_TABLES }, bytes.readUInt32LE(0), 0);
  }

  int(slot: number, bits: 8 | 16 | 32): number {
    const at = this.#place(slot);
    return at === undefined ? 0 : this.#read(() => this.#bytes.readIntLE(at, bits / 8));
  }

  text(slot: number): string {
    const at = this.#target(slot);
    if (at === undefined) return '';
    const length = this.#count(at, 1);
    const bytes = this.#bytes.subarray(at + 4, at + 4 + length);
    if (!isUtf8(bytes)) throw damaged('a name in it is not UTF-8');
    return bytes.toString();
  }

  has(slot: number): boolean {
    return this.#place(slot) !== undefined;
  }

  table(slot: number): FlatTable | undefined {
    const at = this.#target(slot);
    return at === undefined ? undefined : this.#at(at);
  }

  tables(slot: number): FlatTable[] {
    const at = this.#target(slot);
    if (at === undefined) return [];
    return Array.from({ length: this.#count(at, 4) }, (_, index) => {
      const place = at + 4 + index * 4;
      return this.#at(place + this.#bytes.readUInt32LE(place));
    });
  }

  /** Reads a vector of structs of 64-bit integers, or of values that are padded to 64 bits. */
  longs(slot: number, perStruct: number): bigint[][] {
    const at = this.#target(slot);
    if (at === undefined) return [];
    return Array.from({ length: this.#count(at, perStruct * 8) }, (_, index) =>
      Array.from({ length: perStruct }, (__, part) =>
        this.#bytes.readBigInt64LE(at + 4 + (index * perStruct + part) * 8),
      ),
    );
  }

  get #bytes(): Buffer {
    return this.#source.bytes;
  }

  #at(position: number): FlatTable {
    return new FlatTable(this.#source, position, this.#depth + 1);
  }

  #count(at: number, size: number): number {
    const count = this.#read(() => this.#bytes.readUInt32LE(at));
    if (at + 4 + count * size > this.#bytes.length) throw damaged();
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
      throw damaged();
    }
  }
}

function damaged(why?: string): CorruptData {
  return new CorruptData(`the metadata of the Arrow file is damaged${why === undefined ? '' : `: ${why}`}`);
}
