/** The higher half of what stands for the id of a document that gets one. */
const NO_ID = 2 ** 31;
/** To measure a longer text costs less than the memory that it may not need. */
const LONG = 64 * 1024;
/** The most bytes that a unit of UTF-16 has in UTF-8. */
const MOST_BYTES_OF_UNIT = 3;

/** Packs documents for the core: `| id i64 | bytes u32 | value |`, then `| bytes u32 | text |` for each column. */
export class Records {
  #bytes: Buffer;
  #length = 0;

  /** Has room for so many bytes, and grows beyond them. */
  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafe(bytes);
  }

  /** The length of all documents. */
  get length(): number {
    return this.#length;
  }

  add(id: bigint | undefined, value: Uint8Array, texts: readonly string[]): void {
    let most = 12 + value.length;
    for (let place = 0; place < texts.length; place++) most += 4 + bytesAtMost(texts[place] as string);
    this.#reserve(most);
    const bytes = this.#bytes;
    let at = this.#length;
    if (id === undefined) at = bytes.writeUInt32LE(NO_ID, bytes.writeUInt32LE(0, at));
    else at = bytes.writeBigInt64LE(id, at);
    at = bytes.writeUInt32LE(value.length, at);
    bytes.set(value, at);
    at += value.length;
    for (let place = 0; place < texts.length; place++) {
      const length = bytes.write(texts[place] as string, at + 4);
      bytes.writeUInt32LE(length, at);
      at += 4 + length;
    }
    this.#length = at;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Returns a number of bytes that the UTF-8 of a text does not exceed. Of a long text it is exact. */
function bytesAtMost(text: string): number {
  return text.length > LONG ? Buffer.byteLength(text) : text.length * MOST_BYTES_OF_UNIT;
}
