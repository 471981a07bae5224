import { describe } from '@kohakuvault/core-native/internal';
import { asBuffer, byteCount, copyInto, isMemory, isUint8Array, pooled, unfilled } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';
import type { Codec } from './codec.ts';

/** Bytes as they are. With a size, shorter bytes are padded with zeros, which remain when they are read. */
export class BytesCodec implements Codec {
  readonly size: number;
  readonly #empty: boolean;

  /** `empty` is true for `bytes:0`, whose elements have no bytes. */
  constructor(size: number, empty: boolean) {
    this.size = size;
    this.#empty = empty;
  }

  encode(value: unknown): Uint8Array {
    const bytes = bytesIn(value);
    if (bytes.length > this.size && (this.size > 0 || this.#empty)) {
      throw new EncodeError(`the value has ${bytes.length} bytes; the dtype holds at most ${this.size}`);
    }
    return Buffer.from(bytes);
  }

  /** Copies each element once, into one block of memory. */
  encodeList(values: ArrayLike<unknown>, count: number): { data: Buffer; offsets: Float64Array } | undefined {
    if (this.size > 0 || this.#empty) return undefined;
    // Such a long array may consist of holes.
    if (count > MANY && !isUint8Array(values[count - 1])) return undefined;
    const offsets = new Float64Array(count + 1);
    for (let index = 0, at = 0; index < count; index++) {
      const size = byteCount(values[index]);
      if (size < 0) return undefined;
      at += size;
      offsets[index + 1] = at;
    }
    const data = unfilled(offsets[count] as number);
    for (let index = 0; index < count; index++) {
      const value = values[index];
      const at = offsets[index] as number;
      // A getter may return another array this time, or resize one. Each element is then encoded alone.
      if (byteCount(value) !== (offsets[index + 1] as number) - at) return undefined;
      copyInto(data, value as Uint8Array, at);
    }
    return { data, offsets };
  }

  decode(bytes: Buffer, start: number, end: number): Buffer {
    const own = pooled(end - start);
    bytes.copy(own, 0, start, end);
    return own;
  }

  /**
   * Cuts the elements from shared copies, which costs half of copying each. A kept element keeps at most a piece alive.
   */
  decodeList(bytes: Buffer, bounds: ArrayLike<number>): Buffer[] {
    const values: Buffer[] = new Array(bounds.length - 1);
    for (let first = 0; first < values.length; ) {
      const start = bounds[first] as number;
      let next = first + 1;
      while (next < values.length && (bounds[next + 1] as number) - start <= PIECE) next++;
      const piece = Buffer.from(bytes.subarray(start, bounds[next]));
      for (; first < next; first++) {
        values[first] = piece.subarray((bounds[first] as number) - start, (bounds[first + 1] as number) - start);
      }
    }
    return values;
  }
}

/** With more elements than this, the last one must exist before memory is allocated for them. */
const MANY = 2 ** 24;

/** About the number of bytes that are copied together. */
const PIECE = 16 * 1024;

function bytesIn(value: unknown): Buffer {
  if (isMemory(value)) return asBuffer(value);
  throw new EncodeError(
    `${describe(value)} is not bytes; expected a Buffer, a typed array, a DataView or an ArrayBuffer`,
  );
}
