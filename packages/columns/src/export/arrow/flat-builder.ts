/** A field of a table: its slot, its type and its value. */
export type FlatField =
  | { readonly slot: number; readonly kind: 'int8' | 'int16' | 'int32'; readonly value: number }
  | { readonly slot: number; readonly kind: 'int64'; readonly value: bigint }
  /** The position of something that was written before. */
  | { readonly slot: number; readonly kind: 'offset'; readonly value: number };

const SIZES = { int8: 1, int16: 2, int32: 4, int64: 8, offset: 4 } as const;

/**
 * Writes FlatBuffers, the format of Arrow's metadata. Writes from the end to the beginning, so that the target of an
 * offset exists before the offset. Positions count from the end.
 */
export class FlatBuilder {
  #bytes = Buffer.alloc(1024);
  #used = 0;

  string(text: string): number {
    const bytes = Buffer.from(text);
    this.#align(4, bytes.length + 1);
    this.#put(Buffer.concat([bytes, Buffer.alloc(1)]));
    return this.#int32(bytes.length);
  }

  /** Writes a vector of offsets. */
  offsets(positions: readonly number[]): number {
    this.#align(4, positions.length * 4);
    for (const position of [...positions].reverse()) this.#offset(position);
    return this.#int32(positions.length);
  }

  /** Writes a vector of structs, given as bytes. */
  structs(structs: readonly Buffer[], alignment: number): number {
    const bytes = Buffer.concat(structs);
    this.#align(4, bytes.length);
    this.#align(alignment, bytes.length);
    this.#put(bytes);
    return this.#int32(structs.length);
  }

  table(fields: readonly FlatField[]): number {
    const end = this.#used;
    const places = new Map<number, number>();
    // The largest fields come first, so that alignment wastes no bytes.
    for (const field of [...fields].sort((a, b) => SIZES[b.kind] - SIZES[a.kind])) {
      this.#align(SIZES[field.kind]);
      if (field.kind === 'offset') this.#offset(field.value);
      else this.#number(field);
      places.set(field.slot, this.#used);
    }
    this.#align(4);
    // The offset of the table's directory, which is filled in below.
    this.#put(Buffer.alloc(4));
    const table = this.#used;
    const slots = Math.max(-1, ...fields.map(({ slot }) => slot)) + 1;
    const directory = Buffer.alloc(4 + slots * 2);
    directory.writeUInt16LE(directory.length, 0);
    directory.writeUInt16LE(table - end, 2);
    for (const [slot, place] of places) directory.writeUInt16LE(table - place, 4 + slot * 2);
    this.#align(2);
    this.#put(directory);
    this.#bytes.writeInt32LE(this.#used - table, this.#bytes.length - table);
    return table;
  }

  /** Returns the complete buffer. */
  finish(root: number): Buffer {
    this.#align(8, 4);
    this.#offset(root);
    return Buffer.from(this.#bytes.subarray(this.#bytes.length - this.#used));
  }

  #number(field: Exclude<FlatField, { kind: 'offset' }>): void {
    const bytes = Buffer.alloc(SIZES[field.kind]);
    if (field.kind === 'int64') bytes.writeBigInt64LE(field.value);
    else bytes.writeIntLE(field.value, 0, bytes.length);
    this.#put(bytes);
  }

  #int32(value: number): number {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    this.#put(bytes);
    return this.#used;
  }

  /** Writes an offset, which counts from its own position. */
  #offset(position: number): void {
    this.#align(4);
    this.#int32(this.#used + 4 - position);
  }

  /** Adds padding, so that the position after `following` more bytes is aligned. */
  #align(alignment: number, following = 0): void {
    const over = (this.#used + following) % alignment;
    if (over > 0) this.#put(Buffer.alloc(alignment - over));
  }

  #put(bytes: Uint8Array): void {
    while (this.#used + bytes.length > this.#bytes.length) {
      this.#bytes = Buffer.concat([Buffer.alloc(this.#bytes.length), this.#bytes]);
    }
    this.#used += bytes.length;
    this.#bytes.set(bytes, this.#bytes.length - this.#used);
  }
}
