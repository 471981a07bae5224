import { describe } from '@kohakuvault/core-native';
import { Refusal } from './codec/refusal.ts';
import type { Codec } from './codec.ts';
import { bytesOf, copyInto, elementCount, isMemory, isUint8Array, lengthOf, pooled, unfilled } from './memory.ts';

/** Bytes as they are. With a size they are filled up with zeros, which stay when they are read. */
export class BytesCodec implements Codec {
  readonly size: number;
  readonly #empty: boolean;

  /** `empty` is for `bytes:0`, which holds nothing. */
  constructor(size: number, empty: boolean) {
    this.size = size;
    this.#empty = empty;
  }

  encode(value: unknown): Uint8Array {
    const bytes = bytesIn(value);
    if (bytes.length > this.size && (this.size > 0 || this.#empty)) {
      throw new Refusal(`${bytes.length} bytes are too long; the dtype holds ${this.size}`);
    }
    return Buffer.from(bytes);
  }

  /** Copied once, into memory for all of them. */
  encodeList(values: ArrayLike<unknown>): { data: Buffer; offsets: Float64Array } | undefined {
    if (this.size > 0 || this.#empty) return undefined;
    const count = lengthOf(values);
    const parts: Uint8Array[] = [];
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (!isUint8Array(value)) return undefined;
      parts.push(value);
    }
    // Only now are their sizes known: a getter among them may have resized the memory of those before.
    const offsets = boundsOf(parts);
    const data = unfilled(offsets[count] as number);
    for (let index = 0; index < count; index++) copyInto(data, parts[index] as Uint8Array, offsets[index] as number);
    return { data, offsets };
  }

  decode(bytes: Buffer, start: number, end: number): Buffer {
    const own = pooled(end - start);
    bytes.copy(own, 0, start, end);
    return own;
  }

  /** Cut from common copies: a copy of each costs twice as much. One that is kept keeps no more than a piece alive. */
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

/** About so many bytes are copied together. */
const PIECE = 16 * 1024;

function boundsOf(parts: readonly Uint8Array[]): Float64Array {
  const offsets = new Float64Array(parts.length + 1);
  let index = 0;
  try {
    for (let at = 0; index < parts.length; index++) {
      at += elementCount(parts[index] as Uint8Array);
      offsets[index + 1] = at;
    }
  } catch (error) {
    throw Refusal.within(error, index);
  }
  return offsets;
}

function bytesIn(value: unknown): Buffer {
  if (isMemory(value)) return bytesOf(value);
  throw new Refusal(`${describe(value)} is no bytes; expected a Buffer, a typed array, a DataView or an ArrayBuffer`);
}
