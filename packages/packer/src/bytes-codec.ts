import { describe } from '@kohakuvault/core-native';
import { Refusal } from './codec/refusal.ts';
import type { Codec } from './codec.ts';
import { bytesOf } from './tensor.ts';

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

  decode(bytes: Buffer, start: number, end: number): Buffer {
    return Buffer.from(bytes.subarray(start, end));
  }
}

function bytesIn(value: unknown): Buffer {
  if (ArrayBuffer.isView(value)) return bytesOf(value);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return Buffer.from(value);
  throw new Refusal(`${describe(value)} is no bytes; expected a Buffer, a typed array, a DataView or an ArrayBuffer`);
}
